import type { NatsConnection } from '@nats-io/transport-node';
import { drainStream, type StreamMessage } from '@parley/kernel/event-store/read-stream';
import { leaderGet } from '@parley/kernel/event-store/leader-get';

/** Part of a stream, both ends included. */
export type StreamRange = { readonly stream: string; readonly fromSeq: number; readonly toSeq: number };
export type Placed = StreamMessage & { readonly stream: string };

type Source = { readonly stream: string; readonly batches: AsyncGenerator<readonly StreamMessage[]>; waiting: readonly StreamMessage[]; next: number };

/**
 * Reads parts of streams together in the order in which their messages were stored (streams of the same millisecond in
 * the order given), each stream's messages in its own order; of one subject alone if it is named. Yields many at a time.
 * At most one pull per stream (4 MB) waits in memory.
 */
export async function* mergeStreams(nc: NatsConnection, ranges: readonly StreamRange[], signal: AbortSignal, filterSubject?: string): AsyncGenerator<Placed[]> {
  const sources: Source[] = ranges.map(({ stream, fromSeq, toSeq }) => ({ stream, batches: drainStream(nc, stream, fromSeq, toSeq, { signal, ...(filterSubject !== undefined && { filterSubject }) }), waiting: [], next: 0 }));
  try {
    let open = await refill(sources);
    while (open.length > 0) {
      const merged = takeMerged(open);
      if (merged.length > 0) yield merged;
      open = await refill(open);
    }
  } finally {
    await Promise.all(sources.map(({ batches }) => batches.return(undefined)));
  }
}

/** Sources that have something waiting; those that are read to their end drop out. */
async function refill(sources: readonly Source[]): Promise<Source[]> {
  await Promise.all(sources.map(async (source) => {
    if (source.next < source.waiting.length) return;
    const { done, value } = await source.batches.next();
    source.waiting = done ? [] : value;
    source.next = 0;
  }));
  return sources.filter(({ waiting }) => waiting.length > 0);
}

/** Exported for its spec: takes messages by time until one of the sources has none left, so that its next one might be the earliest. */
export function takeMerged(sources: readonly { readonly stream: string; readonly waiting: readonly StreamMessage[]; next: number }[]): Placed[] {
  const merged: Placed[] = [];
  for (;;) {
    let earliest: (typeof sources)[number] | undefined;
    for (const source of sources) {
      const message = source.waiting[source.next];
      if (!message) return merged;
      if (!earliest || message.storedAtMs < (earliest.waiting[earliest.next] as StreamMessage).storedAtMs) earliest = source;
    }
    if (!earliest) return merged;
    merged.push({ ...(earliest.waiting[earliest.next] as StreamMessage), stream: earliest.stream });
    earliest.next += 1;
  }
}

/** A commit's time may run ahead of its storing by so much: five seconds, and two clocks by two. */
const aheadMsMax = 7_000;

/** First sequence at which a stream may hold commits of an instant or later; one beyond the last if there is none. Asks the leader some log2 n times. */
export async function seqAtTime(nc: NatsConnection, stream: string, firstSeq: number, lastSeq: number, atMs: number): Promise<number> {
  let [low, high] = [Math.max(1, firstSeq), lastSeq + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const message = await leaderGet(nc, stream, { seq: middle, next_by_subj: '>' });
    if (message && message.seq <= lastSeq && message.storedAtMs + aheadMsMax < atMs) low = message.seq + 1;
    else high = middle;
  }
  return low;
}
