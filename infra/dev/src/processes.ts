import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

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

/** Says which process has this id now, to be kept in a file: `<pid> <when it began>`. Of the calling process unless told. */
export function markOf(pid: number = process.pid): string {
  return `${pid} ${beginOf(pid)}`.trim();
}

/** The id of the process that a mark was made of, if it still runs; undefined for one that is gone, though its number may have been given to another. */
export function ownerOf(mark: string): number | undefined {
  const pid = Number.parseInt(mark, 10) || 0;
  if (!isAlive(pid)) return undefined;
  const [, ...begin] = mark.split(' ');
  return begin.length === 0 || begin.join(' ') === beginOf(pid) ? pid : undefined;
}

/** When a process began: a number that no other process of the same id has, after a reboot or in a container that began anew. Empty where the system does not tell. */
function beginOf(pid: number): string {
  try {
    // proc(5): the name in brackets may hold anything; the 20th field after it is the start in ticks since the boot.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${ticks}`;
  } catch {
    const asked = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
    return asked.status === 0 ? asked.stdout.trim().replaceAll(/\s+/g, ' ') : '';
  }
}
