import { PlainError } from '../steps.ts';
import { until } from '../until.ts';
import type { Child, Exit } from './child.ts';

/** A server process that can be ended hard, ended in order and started again on the same port and files. */
export type Server = {
  readonly name: string;
  readonly pid: number;
  isRunning(): boolean;
  /** Resolves when the present process ends. */
  exited(): Promise<Exit>;
  /** Sends a signal; for one that ends it, resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends it in order; nothing to do when it is gone already. */
  stop(): Promise<void>;
  /** Starts it again (ending it in order first when it runs) and resolves when it answers. */
  restart(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type ServerSpec = {
  readonly name: string;
  readonly spawn: () => Promise<Child>;
  /** True once the server answers; may throw while it does not. */
  readonly isReady: (child: Child) => boolean | Promise<boolean>;
  readonly readyMs?: number;
};

/** Starts a server and waits until it answers; its last log lines are in the error when it does not. */
export async function startServer(spec: ServerSpec): Promise<Server> {
  let child = await start(spec);
  return {
    name: spec.name,
    get pid() {
      return child.pid;
    },
    isRunning: () => child.isRunning(),
    exited: () => child.exited,
    kill: (signal) => child.kill(signal),
    stop: () => child.stop(),
    async restart() {
      await child.stop();
      child = await start(spec);
    },
    [Symbol.asyncDispose]: () => child.stop(),
  };
}

async function start(spec: ServerSpec): Promise<Child> {
  const child = await spec.spawn();
  try {
    await until(`${spec.name} to answer`, async () => !child.isRunning() || (await spec.isReady(child)), { timeoutMs: spec.readyMs ?? 60_000 });
  } catch (error) {
    await child.stop();
    throw new PlainError(`${spec.name} did not answer in time. It last printed:\n${child.logTail()}`, { cause: error });
  }
  if (!child.isRunning()) throw new PlainError(`${spec.name} ended while starting. It last printed:\n${child.logTail()}`);
  return child;
}
