import { createRequire, registerHooks } from 'node:module';
import type postgresDriver from 'postgres';

type Mend = readonly [wrong: string, right: string];

/** What is wrong in the driver's files, and what they should say. */
const mends: Readonly<Record<string, readonly Mend[]>> = {
  'connection.js': [
    // A transaction goes on asking on its connection when that was closed: it would wait for ever, and the answers of
    // whoever gets the connection next would be taken for its own.
    ['    try {\n      q.state = backend\n', "    if (socket === null) {\n      queryError(q, Errors.connection('CONNECTION_CLOSED', options))\n      return true\n    }\n\n    try {\n      q.state = backend\n"],
    // A small write waits for the end of the turn; by then the connection may be closed, and its query was rejected.
    ['    const x = socket.write(chunk, fn)\n', '    const x = socket === null || socket.write(chunk, fn)\n'],
    // The timer of a write that was called off must not look as if it still ran: nothing would be sent on this connection ever again.
    ['    clearImmediate(nextWriteTimer)\n    socket.removeListener(', '    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n    socket.removeListener('],
    // A new connection first asks which types are arrays. Nobody waits for that answer, so nobody could catch that it
    // never came; without it a connection would return arrays as texts.
    ['        return fetchArrayTypes()\n', '        return fetchArrayTypes().catch(() => { socket !== null && socket.destroy() })\n'],
  ],
  'index.js': [
    // A connection that was closed is made anew and given to others; statements of the transaction that was lost with it
    // would be executed there one by one, outside of any transaction.
    ['      , prepare = null\n', '      , prepare = null\n      , lost = null\n'],
    ['connection.onclose = reject)\n', 'connection.onclose = e => {\n          lost = e\n          while (queries.length) queries.shift().reject(e)\n          reject(e)\n        })\n'],
    ['        q.catch(e => uncaughtError || (uncaughtError = e))\n', '        q.catch(e => uncaughtError || (uncaughtError = e))\n        if (lost !== null) return q.reject(lost)\n'],
  ],
};

/** A file of the driver without its faults. Throws TypeError when it does not have them: then this file should go. */
export function mend(file: string, source: string): string {
  return (mends[file] ?? []).reduce((text, [wrong, right]) => {
    if (text.split(wrong).length !== 2) throw new TypeError('the driver of PostgreSQL is another one; see whether it still needs to be mended');
    return text.replace(wrong, () => right);
  }, source);
}

const mended = /\/node_modules\/postgres\/cjs\/src\/(connection\.js|index\.js)$/;

// postgres 3.4.9 ends the process, or leaves a connection mute for ever, when the server goes away between two turns
// of the event loop, while a connection is made, or within a transaction. Its source is mended while it is loaded.
// Loaded by require, it is a copy of its own, whoever imported the driver before.
const hooks = registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const file = mended.exec(url)?.[1];
    if (file === undefined || loaded.source === undefined || loaded.source === null) return loaded;
    return { ...loaded, source: mend(file, typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString('utf8')) };
  },
});

export const postgres = createRequire(import.meta.url)('postgres') as typeof postgresDriver;
hooks.deregister();
