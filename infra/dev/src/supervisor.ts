import type { Exit } from './servers/child.ts';
import { pause } from './until.ts';

/** What can be kept alive: a server or a service. */
export type Part = {
  readonly name: string;
  exited(): Promise<Exit>;
  restart(): Promise<void>;
  stop(): Promise<void>;
};

export type Supervisor = {
  /** From now on the part is started again whenever it ends by itself. */
  keep(part: Part): void;
  /** Ends all parts, the last kept first, and starts none again. */
  stop(): Promise<void>;
};

const BACKOFF_MS_MIN = 250;
const BACKOFF_MS_MAX = 10_000;
const STEADY_MS = 60_000;

/** Keeps processes alive with growing pauses between attempts; `say` gets one line for everything that happens. */
export function supervisor(say: (line: string) => void): Supervisor {
  const parts: Part[] = [];
  let stopping = false;

  const watch = async (part: Part): Promise<void> => {
    let backoffMs = BACKOFF_MS_MIN;
    while (!stopping) {
      const startedAt = performance.now();
      const { code, signal } = await part.exited();
      if (stopping) return;
      if (performance.now() - startedAt > STEADY_MS) backoffMs = BACKOFF_MS_MIN;
      say(`${part.name} ended (${signal ?? `code ${code}`}); starting it again`);
      backoffMs = await revive(part, backoffMs);
    }
  };
  const revive = async (part: Part, firstBackoffMs: number): Promise<number> => {
    for (let backoffMs = firstBackoffMs; ; ) {
      await pause(backoffMs);
      backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX);
      if (stopping) return backoffMs;
      try {
        await part.restart();
        say(`${part.name} is back`);
        return backoffMs;
      } catch (error) {
        say(`${part.name} did not start: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
      }
    }
  };
  return {
    keep(part) {
      parts.push(part);
      watch(part).catch((error: unknown) => {
        say(`${part.name} is no longer watched: ${String(error)}`);
      });
    },
    async stop() {
      stopping = true;
      for (const part of parts.toReversed()) await part.stop();
    },
  };
}
