import { readFileSync } from 'node:fs';

/** Resident bytes of a process (Linux). */
export function memoryOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`process ${pid} has no resident memory`);
  return Number(kib) * 1_024;
}

/** CPU seconds a process has used (Linux; user and system). */
export function cpuSecondsOfProcess(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** CPU seconds of a process, its children and those that it had (Linux): of a server that works in a process per connection. */
export function cpuSecondsOfFamily(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  const ended = (Number(fields[13]) + Number(fields[14])) / 100;
  return children.reduce((sum, child) => sum + secondsUnlessGone(child), cpuSecondsOfProcess(pid) + ended);
}

function secondsUnlessGone(pid: number): number {
  try {
    return cpuSecondsOfProcess(pid);
  } catch {
    return 0;
  }
}
