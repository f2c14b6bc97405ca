import { existsSync } from 'node:fs';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { doOnce, withLock } from './lock.ts';
import { markOf } from './processes.ts';
import { pause } from './until.ts';

let root: string;
let lock: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'parley-lock-'));
  lock = join(root, 'a.lock');
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

/** A lock as a process left it a minute ago. */
async function leftBehind(mark: string): Promise<void> {
  await writeFile(lock, mark);
  const aMinuteAgo = new Date(Date.now() - 60_000);
  await utimes(lock, aMinuteAgo, aMinuteAgo);
}

test('what several come to together is done by one, and found done by the others', async () => {
  let [done, works, atOnce, most] = [false, 0, 0, 0];
  const work = async (): Promise<void> => {
    works += 1;
    most = Math.max(most, (atOnce += 1));
    await pause(50);
    atOnce -= 1;
    done = true;
  };
  await Promise.all(Array.from({ length: 8 }, () => doOnce(lock, () => done, work)));
  expect({ works, most, left: existsSync(lock) }).toEqual({ works: 1, most: 1, left: false });
  await doOnce(lock, () => done, work);
  expect(works).toBe(1);
});

test('what fails is tried by the next, which finds no lock', async () => {
  await expect(doOnce(lock, () => false, () => Promise.reject(new Error('no network')))).rejects.toThrow('no network');
  expect(existsSync(lock)).toBe(false);
  expect(await withLock(lock, () => Promise.resolve('mine'))).toBe('mine');
});

test.each([
  ['is gone', '999999999'],
  ['is gone, though its number is somebody else’s now', `${process.ppid} of another boot:1`],
])('a lock whose owner %s is taken over', async (_, mark) => {
  await leftBehind(mark);
  expect(await withLock(lock, () => Promise.resolve('mine'))).toBe('mine');
  expect(existsSync(lock)).toBe(false);
});

test('a lock whose owner is at work is waited for', async () => {
  await leftBehind(markOf());
  let mine = false;
  const waiting = withLock(lock, () => Promise.resolve((mine = true)));
  await pause(400);
  expect(mine).toBe(false);
  await rm(lock);
  expect(await waiting).toBe(true);
});

test('where a lock can never be made, that is told at once, with what to do', async () => {
  const begun = performance.now();
  // A name longer than any file's may be, and a folder below a file.
  await expect(withLock(join(root, 'l'.repeat(300)), () => Promise.resolve(), { advice: 'Do this.' })).rejects.toThrow(/cannot be written \(ENAMETOOLONG\)\. Do this\./);
  await writeFile(join(root, 'file'), '');
  await expect(withLock(join(root, 'file', 'deep', 'a.lock'), () => Promise.resolve())).rejects.toThrow(/cannot be written \(ENOTDIR\)\.$/);
  expect(performance.now() - begun).toBeLessThan(5_000);
});
