import { setTimeout as pause } from 'node:timers/promises';
import type { Placed } from '../log/merge-streams.ts';

export type PaceOptions = {
  /** So many times as fast as it was; undefined: as fast as it goes. */
  readonly speed: number | undefined;
  /** Milliseconds since 1970 from which on the pace is kept; what lies before goes as fast as it can. */
  readonly fromMs: number;
  readonly signal: AbortSignal;
  readonly nowMs?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
};

const groupMax = 500;

/** Hands messages on, in groups, when their time has come: the gaps between them are those of their storing, divided by the speed. Ends when the signal aborts. */
export async function* paced(batches: AsyncIterable<readonly Placed[]>, { speed, fromMs, signal, nowMs = () => performance.now(), sleep = sleepQuietly }: PaceOptions): AsyncGenerator<readonly Placed[]> {
  let begun: { readonly atMs: number; readonly storedAtMs: number } | undefined;
  for await (const batch of batches) {
    let group: Placed[] = [];
    for (const message of batch) {
      if (signal.aborted) return;
      if (speed !== undefined && message.storedAtMs >= fromMs) {
        begun ??= { atMs: nowMs(), storedAtMs: message.storedAtMs };
        const dueMs = begun.atMs + (message.storedAtMs - begun.storedAtMs) / speed;
        if (dueMs > nowMs()) {
          if (group.length > 0) yield group;
          group = [];
          await sleep(dueMs - nowMs(), signal);
          if (signal.aborted) return;
        }
      }
      group.push(message);
      if (group.length < groupMax) continue;
      yield group;
      group = [];
    }
    if (group.length > 0) yield group;
  }
}

async function sleepQuietly(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => {});
}
