import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAlive } from '../processes.ts';
import { lastLines } from '../run.ts';
import { until } from '../until.ts';

export type ChildOptions = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Standard output and error are appended here. */
  readonly logFile: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** The signal that means "end in order": SIGTERM unless told. */
  readonly stopSignal?: 'SIGTERM' | 'SIGINT';
  /** How long stop() waits before SIGKILL; 10,000 ms unless told. */
  readonly stopGraceMs?: number;
  /** SIGKILL takes the program's own children along: left alone they would go on for a moment and hold its files. */
  readonly killsChildren?: boolean;
};

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type Child = {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  isRunning(): boolean;
  /** Sends a signal; for one that ends a process, resolves when it is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends the process in order, after the grace by SIGKILL. */
  stop(): Promise<void>;
  /** The last lines it printed. */
  logTail(lines?: number): string;
};

const STOP_GRACE_MS = 10_000;
const HARMLESS_SIGNALS: ReadonlySet<NodeJS.Signals> = new Set(['SIGSTOP', 'SIGCONT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']);

/**
 * Starts a program that lives no longer than this process, however this process ends.
 * It has a process group of its own, so Ctrl-C in a terminal reaches it only through stop().
 * @throws when the program cannot be started at all.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', log, log],
    detached: true,
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  return bind(child, options);
}

function bind(child: ChildProcess, options: ChildOptions): Child {
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${options.name} started without a process id.`);
  const stopSignal = options.stopSignal ?? 'SIGTERM';
  guard(`+ ${pid} ${stopSignal.slice(3)}`);
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      guard(`- ${pid}`);
      resolve({ code, signal });
    });
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (!isRunning()) return;
    const children = options.killsChildren === true && signal === 'SIGKILL' ? childrenOf(pid) : [];
    child.kill(signal);
    if (HARMLESS_SIGNALS.has(signal)) return;
    await exited;
    await end(children);
  };
  return {
    name: options.name,
    pid,
    exited,
    isRunning,
    kill,
    async stop() {
      if (!isRunning()) return;
      // A paused process would sleep through the request.
      child.kill('SIGCONT');
      child.kill(stopSignal);
      const timer = setTimeout(() => child.kill('SIGKILL'), options.stopGraceMs ?? STOP_GRACE_MS);
      await exited;
      clearTimeout(timer);
    },
    logTail: (lines = 20) => lastLines(readFileSync(options.logFile, 'utf8'), lines),
  };
}

/** Direct children of a process; none where the system has no /proc. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

async function end(pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It went by itself.
    }
  }
  if (pids.length > 0) await until('the children of a killed server to be gone', () => !pids.some(isAlive), { timeoutMs: STOP_GRACE_MS });
}

// The guard is a shell that holds the list of our children and reads its standard input. When this process is
// gone, even by SIGKILL, the pipe ends and the guard ends them: in order first, after five seconds by SIGKILL.
const GUARD_SCRIPT = `
trap '' INT TERM HUP
list=""
while read -r op pid sig; do
  if [ "$op" = "+" ]; then list="$list $pid:$sig"; else
    rest=""; for e in $list; do [ "\${e%%:*}" = "$pid" ] || rest="$rest $e"; done; list="$rest"
  fi
done
for e in $list; do kill -CONT "\${e%%:*}" 2>/dev/null; kill -"\${e##*:}" "\${e%%:*}" 2>/dev/null; done
i=0
while [ $i -lt 25 ]; do
  alive=0; for e in $list; do kill -0 "\${e%%:*}" 2>/dev/null && alive=1; done
  [ $alive = 0 ] && exit 0
  i=$((i+1)); sleep 0.2
done
for e in $list; do kill -KILL "\${e%%:*}" 2>/dev/null; done
`;

let guardProcess: ChildProcess | undefined;

function guard(line: string): void {
  if (guardProcess === undefined) {
    const started = spawn('sh', ['-c', GUARD_SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    started.unref();
    const input = started.stdin as (NodeJS.WritableStream & { unref?: () => void }) | null;
    input?.unref?.();
    // Without its guard this process still stops its children itself; only a SIGKILL would orphan them.
    input?.on('error', () => {});
    started.on('error', () => {});
    guardProcess = started;
  }
  guardProcess.stdin?.write(`${line}\n`);
}
