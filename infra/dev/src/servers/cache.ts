import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { doOnce } from '../lock.ts';
import { mustRun } from '../run.ts';
import { makeFolder } from './unprivileged.ts';

/** What helps where the cache cannot be written. */
export const cacheAdvice = 'Name another folder in PARLEY_CACHE and run this again.';

/** The folder fetched programs are kept in: `PARLEY_CACHE`, else `~/.cache/parley`. */
export function cacheDir(): string {
  return process.env['PARLEY_CACHE'] ?? join(homedir(), '.cache', 'parley');
}

/**
 * Returns `<root>/<name>` after making sure it was filled completely once.
 * `fill` writes into a folder beside it that is renamed into place when it is whole, under a lock file,
 * so runs that start together fetch once and never see half a program.
 * `name` carries the version: another version is another folder.
 */
export async function installOnce(name: string, fill: (dir: string) => Promise<void>, root: string = cacheDir()): Promise<string> {
  const target = join(root, name);
  const isDone = (): boolean => existsSync(target);
  if (isDone()) return target;
  // What cannot be made is told by the lock, which lies there too.
  await makeFolder(dirname(target)).catch(() => {});
  await doOnce(`${target}.lock`, isDone, async () => {
    const building = `${target}.building`;
    await rm(building, { recursive: true, force: true });
    await mkdir(building, { recursive: true });
    try {
      await fill(building);
      // Servers that refuse root use it as another user.
      if (process.platform !== 'win32') await mustRun('chmod', ['-R', 'u=rwX,go=rX', building]);
      await rename(building, target);
    } catch (error) {
      await rm(building, { recursive: true, force: true });
      throw error;
    }
  }, { advice: cacheAdvice });
  return target;
}
