import { createRequire, registerHooks } from 'node:module';
import type postgresDriver from 'postgres';

/** What is wrong in the driver's source, and what it should say. */
const mends: readonly (readonly [wrong: string, right: string])[] = [
  // A transaction goes on asking on its connection when that was closed: it would wait for ever, and the answers of
  // whoever gets the connection next would be taken for its own.
  ['    try {\n      q.state = backend\n', "    if (socket === null) {\n      queryError(q, Errors.connection('CONNECTION_CLOSED', options))\n      return true\n    }\n\n    try {\n      q.state = backend\n"],
  // A small write waits for the end of the turn; by then the connection may be closed, and its query was rejected.
  ['    const x = socket.write(chunk, fn)\n', '    const x = socket === null || socket.write(chunk, fn)\n'],
  // The timer of a write that was called off must not look as if it still ran: nothing would be sent on this connection ever again.
  ['    clearImmediate(nextWriteTimer)\n    socket.removeListener(', '    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n    socket.removeListener('],
];

/** The driver's source without its faults. Throws TypeError when it does not have them: then this file should go. */
export function mend(source: string): string {
  return mends.reduce((text, [wrong, right]) => {
    if (text.split(wrong).length !== 2) throw new TypeError('the driver of PostgreSQL is another one; see whether it still needs to be mended');
    return text.replace(wrong, right);
  }, source);
}

// postgres 3.4.9 ends the process, or leaves a connection mute for ever, when the server goes away between two turns
// of the event loop, or within a transaction. Its source is mended while it is loaded. Loaded by require, it is a copy of its own, whoever
// imported the driver before.
const hooks = registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/node_modules/postgres/cjs/src/connection.js') || loaded.source === undefined || loaded.source === null) return loaded;
    return { ...loaded, source: mend(typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString('utf8')) };
  },
});

export const postgres = createRequire(import.meta.url)('postgres') as typeof postgresDriver;
hooks.deregister();
