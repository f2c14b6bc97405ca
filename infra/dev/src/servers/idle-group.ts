import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Linux keeps groups of processes: its first hierarchy has a folder per resource, the second one for all. */
const hierarchies = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup'];
/** One for all servers of a machine: who is in it has nothing to say among themselves either. */
const folders = hierarchies.map((hierarchy) => join(hierarchy, 'parley-analysts'));

/**
 * Puts a process into a group that gets the CPU only while nobody else wants it, and gives it back the moment somebody
 * does (`cpu.idle`). A low weight alone is not that: a process of any weight may finish its slice of some milliseconds
 * first, which is as long as a message takes. Returns false where there are no groups, or they are not ours to make:
 * that takes root.
 */
export function joinIdleGroup(pid: number): boolean {
  return folders.some((folder) => {
    try {
      mkdirSync(folder, { recursive: true });
      write(join(folder, 'cpu.idle'), '1');
      write(join(folder, 'cgroup.procs'), String(pid));
      return true;
    } catch {
      remove(folder);
      return false;
    }
  });
}

/** Leaves nothing behind, once nobody is in it any more. */
export function removeIdleGroup(): void {
  folders.forEach(remove);
}

/** Never makes a file: a folder in which it is not there is no group. */
const write = (file: string, text: string): void => writeFileSync(file, text, { flag: 'r+' });

function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Never made, or somebody is in it.
  }
}
