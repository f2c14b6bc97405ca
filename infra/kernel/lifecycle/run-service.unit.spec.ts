import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';

const here = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);

/** A service in a process of its own; `start` is the source of its start function. */
function run(start: string, env: Record<string, string> = {}): { child: ChildProcess; message: Promise<unknown>; ended: Promise<{ code: number | null; output: string }> } {
  const source = `
    import { z } from 'zod';
    import { commonConfig } from ${here('../config/read-config.ts')};
    import { runService } from ${here('run-service.ts')};
    await runService('spec', ${start}, z.object(commonConfig));
  `;
  const child = spawn(process.execPath, ['--conditions=parley-source', '--input-type=module', '-e', source], {
    cwd: import.meta.dirname,
    env: { PATH: process.env['PATH'], INSTANCE_ID: 'i1', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  child.stdout?.on('data', (part: Buffer) => (output += part.toString()));
  child.stderr?.on('data', (part: Buffer) => (output += part.toString()));
  const message = new Promise((resolve) => {
    child.once('message', resolve);
  });
  // Not `close`: after a disconnection from this side it never comes.
  const ended = Promise.all([once(child, 'exit'), once(child.stdout as Readable, 'end'), once(child.stderr as Readable, 'end')]).then(([[code]]) => ({ code: code as number | null, output }));
  return { child, message, ended };
}

const orderly = `async (config) => {
  const timer = setInterval(() => {}, 1000);
  return { url: 'http://x', port: 7, async [Symbol.asyncDispose]() { clearInterval(timer); console.log('disposed ' + config.INSTANCE_ID); } };
}`;

describe('a service', () => {
  test.each<[string, (child: ChildProcess) => unknown]>([
    ['SIGTERM', (child) => child.kill('SIGTERM')],
    ['SIGINT', (child) => child.kill('SIGINT')],
    ['the word of its parent', (child) => child.send({ type: 'shutdown' })],
    ['the loss of its parent', (child) => child.disconnect()],
  ])('says that it is ready, and ends in order on %s', async (_, stop) => {
    const { child, message, ended } = run(orderly);
    expect(await message).toEqual({ type: 'ready', port: 7, url: 'http://x' });
    stop(child);
    const { code, output } = await ended;
    expect(output).toContain('disposed i1');
    expect(code).toBe(0);
  });

  test('that is told to end while it starts ends after it started', async () => {
    const { child, ended } = run(orderly.replace('{', '{ process.send("starting"); await new Promise((resolve) => setTimeout(resolve, 300));'));
    await new Promise((resolve) => {
      child.once('message', resolve);
    });
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, output: expect.stringContaining('disposed i1') as string });
  });

  test('that is told to end while it waits for something that does not come ends without it', async () => {
    const { child, ended } = run(`async () => { process.send('starting'); setInterval(() => {}, 1000); await new Promise(() => {}); }`);
    await new Promise((resolve) => {
      child.once('message', resolve);
    });
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, output: expect.stringContaining('stopped while starting') as string });
  });

  test('with a wrong configuration says what is wrong and ends with 78', async () => {
    const { code, output } = await run(orderly, { PORT: 'x' }).ended;
    expect(code).toBe(78);
    expect(output).toContain('PORT');
  });

  test.each([
    ['cannot start', `async () => { throw new Error('no log'); }`, /could not start.*|no log/],
    ['meets an error nobody caught', orderly.replace('return', `setTimeout(() => { throw new Error('boom'); }, 10); return`), /boom/],
    ['meets a rejection nobody handled', orderly.replace('return', `setTimeout(() => { Promise.reject(new Error('adrift')); }, 10); return`), /adrift/],
    ['cannot end in order', orderly.replace('clearInterval(timer);', `throw new Error('stuck');`).replace('return', `setTimeout(() => process.kill(process.pid, 'SIGTERM'), 10); return`), /stuck/],
  ])('that %s logs it and ends with 1', async (_, start, expected) => {
    const { code, output } = await run(start).ended;
    expect(output).toMatch(expected);
    expect(code).toBe(1);
  });
});
