import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, statSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, resolve, sep } from 'node:path';

export type UserIds = { readonly uid: number; readonly gid: number };

/** The user a server that refuses root is run as: undefined when we are not root, else `nobody`. */
export function unprivilegedUser(): UserIds | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const ask = (flag: string): number => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout.trim());
  return { uid: ask('-u'), gid: ask('-g') };
}

/**
 * `dir` when another user can get to it, else `fallback`. Temporary folders of ours on the way are opened for passing.
 */
export function reachableDir(dir: string, user: UserIds | undefined, fallback: string): string {
  if (user === undefined) return dir;
  const blocked = withFoldersAbove(resolve(dir)).filter((folder) => !isPassable(folder));
  if (!blocked.every((folder) => folder.startsWith(resolve(tmpdir()) + sep))) return fallback;
  for (const folder of blocked) chmodSync(folder, statSync(folder).mode | 0o011);
  return dir;
}

/** Makes a folder. It and those above it that were missing can be passed by every user, whatever the umask. */
export async function makeFolder(dir: string): Promise<void> {
  const first = await mkdir(dir, { recursive: true });
  if (first === undefined) return;
  for (const folder of withFoldersAbove(resolve(dir))) if (folder.startsWith(resolve(first))) await chmod(folder, 0o711);
}

/** A short name for a folder, the same every time. */
export function nameOfDir(dir: string): string {
  return createHash('sha256').update(resolve(dir)).digest('hex').slice(0, 16);
}

function withFoldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) folders.push(folder);
  return folders;
}

function isPassable(folder: string): boolean {
  const info = statSync(folder, { throwIfNoEntry: false });
  return info === undefined || (info.mode & 0o001) !== 0;
}
