import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { markOf, ownerOf } from './processes.ts';
import { run } from './run.ts';
import { openState } from './state.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-state-'));
  vi.stubEnv('PARLEY_DATA', dir);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

/** A launcher as far as the folder is concerned: opens it, says so, and goes on until its input ends. */
const holder = `import { openState } from ${JSON.stringify(new URL('state.ts', import.meta.url).href)}; await openState(false); console.log('opened'); process.stdin.resume();`;
const holding = (): readonly [string, readonly string[]] => [process.execPath, ['--disable-warning=ExperimentalWarning', '--conditions=parley-source', '--input-type=module', '--eval', holder]];

test('of launchers that start together one gets the folder, the others are told whose it is', async () => {
  const opened = Array.from({ length: 4 }, () => spawn(...holding(), { stdio: ['pipe', 'pipe', 'pipe'], env: process.env }));
  const answers = await Promise.all(opened.map(async (child) => {
    const [bytes] = (await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')])) as [Buffer];
    return bytes.toString();
  }));
  try {
    expect(answers.filter((answer) => answer === 'opened\n')).toHaveLength(1);
    expect(answers.filter((answer) => /runs already/.test(answer))).toHaveLength(3);
  } finally {
    for (const child of opened) child.stdin.end();
    await Promise.all(opened.map(async (child) => { if (child.exitCode === null) await once(child, 'close'); }));
  }
});

test('a folder whose launcher was killed opens, though its number was given to another process since', async () => {
  await writeFile(join(dir, 'launcher.pid'), `${process.ppid} of another boot:1`);
  await openState(false);
  await writeFile(join(dir, 'launcher.pid'), markOf(process.ppid));
  await expect(openState(false)).rejects.toThrow(`runs already in ${dir} (process ${process.ppid})`);
});

test('to begin anew forgets everything, and takes nothing from who is at work', async () => {
  const state = await openState(false);
  await state.markDone('demo');
  await mkdir(join(dir, 'nats'));
  await writeFile(join(dir, 'nats', 'a'), '');
  const again = await openState(true);
  expect([again.isDone('demo'), existsSync(join(dir, 'nats')), existsSync(join(dir, 'launcher.pid'))]).toEqual([false, false, true]);
  await writeFile(join(dir, 'launcher.pid'), markOf(process.ppid));
  await again.markDone('demo');
  await expect(openState(true)).rejects.toThrow('runs already');
  expect(again.isDone('demo')).toBe(true);
});

test('a mark tells a process from a later one of the same number, and from one that is gone', async () => {
  expect(ownerOf(markOf())).toBe(process.pid);
  expect(ownerOf(String(process.pid))).toBe(process.pid);
  expect(ownerOf(`${process.pid} of another boot:1`)).toBeUndefined();
  const { output } = await run(process.execPath, ['--eval', 'console.log(process.pid)']);
  expect(ownerOf(output)).toBeUndefined();
  expect(ownerOf('')).toBeUndefined();
});
