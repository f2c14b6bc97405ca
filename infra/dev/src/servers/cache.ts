import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { mustRun } from '../run.ts';
import { PlainError } from '../steps.ts';
import { until } from '../until.ts';
import { makeFolder } from './unprivileged.ts';

const LOCK_STALE_MS = 600_000;

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
  if (existsSync(target)) return target;
  await makeFolder(dirname(target)).catch((error: unknown) => { throw unwritable(dirname(target), error); });
  return withLock(`${target}.lock`, async () => {
    if (existsSync(target)) return target;
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
    return target;
  });
}

/** Runs `work` while holding a lock file; a lock whose owner is gone, or older than ten minutes, is taken over. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  let problem: PlainError | undefined;
  const tryOnce = (): Promise<boolean> => tryLock(file).catch((error: unknown) => {
    // Waiting helps against an owner, not against a folder that cannot be written.
    if (error instanceof PlainError) problem = error;
    return problem !== undefined;
  });
  await until(`the lock ${file}`, tryOnce, { timeoutMs: LOCK_STALE_MS, everyMs: 100 });
  if (problem) throw problem;
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function tryLock(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(dirname(file), error);
  }
  const age = Date.now() - (await stat(file)).mtimeMs;
  const owner = Number((await readFile(file, 'utf8')) || 0);
  // A lock is written right after it is made: an empty one is only suspect once it is some seconds old.
  if (age > LOCK_STALE_MS || (age > 5_000 && !isAlive(owner))) await rm(file, { force: true });
  return false;
}

const unwritable = (folder: string, error: unknown): PlainError =>
  new PlainError(`${folder} cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)}). Name another folder in PARLEY_CACHE and run this again.`, { cause: error });

/** Whether a process with this id exists. */
export function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
