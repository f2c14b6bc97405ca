import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { UnknownEvent } from '@parley/contracts/registry/events';
import { type Confirmed, emptyConfirmed, type ErasedDecider, foldCommit } from './confirmed.ts';
import { type EventLog, LogUnavailable } from './event-log.ts';
import type { AggregateObserver } from './observer.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';

export type Loaded = { readonly confirmed: Confirmed; readonly epoch: string };

/**
 * Brings an aggregate into memory: snapshot if there is a usable one, then every commit behind it, from the leader.
 * A log that does not follow its snapshot says that the snapshot is bad: then the log alone is folded, and judged.
 * Throws LogUnavailable, UnknownEvent, CorruptCommit, BrokenChain.
 */
export async function loadAggregate(
  { log, ws, observer, snapshots }: { readonly log: EventLog; readonly ws: string; readonly observer: AggregateObserver; readonly snapshots: SnapshotKeeper },
  aggregate: AggregateRef,
  decider: ErasedDecider,
): Promise<Loaded> {
  const startedMs = performance.now();
  const foldTail = async (confirmed: Confirmed): Promise<Confirmed> => {
    for await (const stored of log.read(aggregate, confirmed.link.seq)) foldCommit(confirmed, decider, ws, aggregate, stored);
    return confirmed;
  };
  const epoch = await log.epoch(aggregate);
  const key = { aggregate, stateVersion: decider.stateVersion, epoch };
  const snapshot = await snapshots.open(key);
  if (snapshot) {
    const skipped = snapshot.link.n;
    try {
      const confirmed = await foldTail(snapshot);
      observer.loaded?.(aggregate.kind, performance.now() - startedMs, confirmed.link.n - skipped, true);
      return { confirmed, epoch };
    } catch (error) {
      if (error instanceof LogUnavailable || error instanceof UnknownEvent) throw error;
      snapshots.drop(key);
    }
  }
  const confirmed = await foldTail(emptyConfirmed(decider));
  observer.loaded?.(aggregate.kind, performance.now() - startedMs, confirmed.link.n, false);
  return { confirmed, epoch };
}
