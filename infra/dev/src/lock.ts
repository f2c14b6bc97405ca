import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { markOf, ownerOf } from './processes.ts';
import { PlainError } from './steps.ts';
import { until } from './until.ts';

const LOCK_STALE_MS = 600_000;

/** `advice`: what a person can do where the lock cannot be made. */
type LockOptions = { readonly advice?: string };

/** Does `work` unless it is done: once, however many processes come to it together; the others wait until it is. */
export async function doOnce(file: string, isDone: () => boolean | Promise<boolean>, work: () => Promise<void>, options: LockOptions = {}): Promise<void> {
  if (await isDone()) return;
  await withLock(file, async () => {
    if (!(await isDone())) await work();
  }, options);
}

/** Runs `work` while holding a lock file; a lock whose owner is gone, or older than ten minutes, is taken over. @throws a plain error where it cannot be made. */
export async function withLock<T>(file: string, work: () => Promise<T>, { advice = '' }: LockOptions = {}): Promise<T> {
  const folder = dirname(file);
  const unwritable = (error: unknown): PlainError => new PlainError(`${folder} cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)}). ${advice}`.trim(), { cause: error });
  await mkdir(folder, { recursive: true }).catch((error: unknown) => { throw unwritable(error); });
  let problem: PlainError | undefined;
  const tryOnce = (): Promise<boolean> => tryLock(file).catch((error: unknown) => {
    // Waiting helps against an owner, not against a folder that cannot be written.
    problem = unwritable(error);
    return true;
  });
  await until(`the lock ${file}`, tryOnce, { timeoutMs: LOCK_STALE_MS, everyMs: 100 });
  if (problem) throw problem;
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/** Throws when the lock can never be made. */
async function tryLock(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(markOf());
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const held = await heldBy(file);
  // A lock is written right after it is made: an empty one is only suspect once it is some seconds old.
  if (held !== undefined && (held.ageMs > LOCK_STALE_MS || (held.ageMs > 5_000 && held.owner === undefined))) await rm(file, { force: true });
  return false;
}

/** Whose lock it is and since when; undefined: it is gone by now. */
async function heldBy(file: string): Promise<{ readonly ageMs: number; readonly owner: number | undefined } | undefined> {
  try {
    const { mtimeMs } = await stat(file);
    return { ageMs: Date.now() - mtimeMs, owner: ownerOf(await readFile(file, 'utf8')) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
