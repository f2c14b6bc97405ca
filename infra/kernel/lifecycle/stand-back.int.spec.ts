import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import { standBack } from './stand-back.ts';

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

async function sleeper(options: { readonly detached: boolean }): Promise<number> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore', ...options });
  running.push(child);
  await once(child, 'spawn');
  return child.pid!;
}

const groupOf = (pid: number | 'self'): string | undefined => (existsSync(`/proc/${pid}/autogroup`) ? readFileSync(`/proc/${pid}/autogroup`, 'utf8').trim() : undefined);

describe('a process that stands back', () => {
  test('is nicer, and so is the group that it leads', async () => {
    const pid = await sleeper({ detached: true });
    expect(await standBack(10, pid)).toBe(true);
    expect(getPriority(pid)).toBe(10);
    if (groupOf(pid) !== undefined) expect(groupOf(pid)).toMatch(/^\/autogroup-\d+ nice 10$/);
  });

  test('leaves others of its session where they are', async () => {
    const before = [groupOf('self'), getPriority()];
    const pid = await sleeper({ detached: false });
    expect(await standBack(5, pid)).toBe(true);
    expect(getPriority(pid)).toBe(5);
    expect([groupOf('self'), getPriority()]).toEqual(before);
  });

  test('never comes forward by it', async () => {
    const pid = await sleeper({ detached: true });
    await standBack(10, pid);
    expect(await standBack(5, pid)).toBe(true);
    expect(getPriority(pid)).toBe(10);
    if (groupOf(pid) !== undefined) expect(groupOf(pid)).toMatch(/ nice 10$/);
  });

  test('many at once all get their turn', async () => {
    const pids = await Promise.all(Array.from({ length: 6 }, () => sleeper({ detached: true })));
    expect(await Promise.all(pids.map((pid) => standBack(7, pid)))).toEqual(pids.map(() => true));
    for (const pid of pids) if (groupOf(pid) !== undefined) expect(groupOf(pid)).toMatch(/ nice 7$/);
  });

  test('that is gone already is nobody’s trouble', async () => {
    const pid = await sleeper({ detached: true });
    const child = running.at(-1)!;
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await standBack(10, pid)).toBe(false);
  });
});
