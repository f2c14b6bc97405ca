import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pause } from '../until.ts';
import { installOnce } from './cache.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'parley-cache-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

test('runs that start together fill a folder once and see it whole', async () => {
  let fills = 0;
  const fill = async (dir: string): Promise<void> => {
    fills += 1;
    await writeFile(join(dir, 'half'), '1');
    await pause(50);
    await writeFile(join(dir, 'whole'), '2');
  };
  const dirs = await Promise.all(Array.from({ length: 8 }, () => installOnce('thing-1', fill, root)));
  expect(fills).toBe(1);
  expect(new Set(dirs).size).toBe(1);
  expect(await readFile(join(root, 'thing-1', 'whole'), 'utf8')).toBe('2');
});

test('a fill that fails leaves nothing, and the next one tries again', async () => {
  await expect(installOnce('thing-2', () => Promise.reject(new Error('no network')), root)).rejects.toThrow('no network');
  expect(existsSync(join(root, 'thing-2'))).toBe(false);
  expect(await installOnce('thing-2', () => Promise.resolve(), root)).toBe(join(root, 'thing-2'));
});

test('what was fetched can be used by every user of the machine, whatever the umask', async () => {
  const before = process.umask(0o077);
  try {
    const dir = await installOnce('deep/thing-3', async (building) => {
      await mkdir(join(building, 'bin'));
      await writeFile(join(building, 'bin', 'program'), '', { mode: 0o777 });
      await writeFile(join(building, 'words'), '');
    }, join(root, 'cache'));
    const modes = await Promise.all(['../..', '..', '.', 'bin', 'bin/program', 'words'].map(async (name) => ((await stat(join(dir, name))).mode & 0o777).toString(8)));
    expect(modes).toEqual(['711', '711', '755', '755', '755', '644']);
  } finally {
    process.umask(before);
  }
});

test('a folder that nothing can be put into is named at once', async () => {
  await writeFile(join(root, 'file'), '');
  const begun = performance.now();
  await expect(installOnce('thing-4', () => Promise.resolve(), join(root, 'file', 'cache'))).rejects.toThrow(/cannot be written .*PARLEY_CACHE/);
  expect(performance.now() - begun).toBeLessThan(5_000);
});
