import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** Linux lets an unprivileged user move one group per tenth of a second, whoever else just did. */
const groupTries = 10;
const groupPauseMs = 110;

/** For what nobody on the way from socket to socket waits for: rows, indexes (ADR 18). */
export const backgroundNice = 5;

/**
 * Has a process take less of the CPU than others while there is not enough for all; with enough, nothing changes.
 * `nice` is 0 to 19: the weight is halved about every third step; 10 leaves a tenth, 19 a seventieth. One that is
 * nicer already stays so: it never comes forward. Of itself unless another `pid` is given. The leader of a session takes its Linux autogroup along: between sessions the kernel shares by group, and nice alone
 * counts within one only (sched(7)). Resolves to false when that is not allowed, or the process is gone.
 */
export async function standBack(nice: number, pid: number = process.pid): Promise<boolean> {
  try {
    for (const thread of threadsOf(pid)) setPriority(thread, Math.max(nice, getPriority(thread)));
    if (leadsItsSession(pid)) await moveGroup(pid, nice);
    return true;
  } catch {
    return false;
  }
}

/** Linux has a priority per thread; elsewhere the process has it. */
function threadsOf(pid: number): number[] {
  return process.platform === 'linux' ? readdirSync(`/proc/${pid}/task`).map(Number) : [pid];
}

/** Others of a session would be moved along with whoever does not lead it. */
function leadsItsSession(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  // The program's name, in parentheses, may hold anything; of what follows, the fourth is the session.
  const [, , , session] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
  return Number(session) === pid;
}

async function moveGroup(pid: number, nice: number): Promise<void> {
  const file = `/proc/${pid}/autogroup`;
  for (let tries = 1; ; tries += 1) {
    try {
      const [, now] = / nice (-?\d+)/.exec(readFileSync(file, 'utf8')) ?? [];
      if (Number(now) < nice) writeFileSync(file, String(nice));
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A kernel without autogroups, or with them switched off: nice is all there is, and enough.
      if (code === 'ENOENT') return;
      if (code !== 'EAGAIN' || tries === groupTries) throw error;
      await pause(groupPauseMs);
    }
  }
}
