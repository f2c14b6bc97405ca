import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { streamNames } from '@parley/contracts/wire/partition';

/** From where to read a stream so that the newest commits are in memory, and up to where that takes. */
/** What one stream may take of the memory for all, when it is filled at the start. */
const shareOfOne = 0.25;

export type TailStart = { readonly fromSeq: number; readonly lastSeq: number };

/**
 * Finds the first sequence of each stream that is neither older than `ageMsMax` nor (by the stream's average size)
 * further back than its share of `bytesMax`.
 */
export async function tailStarts(nc: NatsConnection, bytesMax: number, ageMsMax: number): Promise<TailStart[]> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const since = new Date(Date.now() - ageMsMax);
  return Promise.all(
    streamNames.map(async (name) => {
      const { state } = await jsm.streams.info(name);
      const lastSeq = state.last_seq;
      if (state.messages === 0 || new Date(state.last_ts) < since) return { fromSeq: lastSeq + 1, lastSeq };
      const affordable = Math.floor(bytesMax * shareOfOne / Math.max(1, state.bytes / state.messages));
      const byBytes = Math.max(state.first_seq, lastSeq - affordable + 1);
      return { fromSeq: Math.max(byBytes, await firstSince(jsm, name, since, state.first_seq)), lastSeq };
    }),
  );
}

type Manager = Awaited<ReturnType<typeof jetstreamManager>>;

async function firstSince(jsm: Manager, stream: string, since: Date, firstSeq: number): Promise<number> {
  const messages = await jsm.direct.getBatch(stream, { start_time: since, batch: 1 });
  try {
    for await (const { seq } of messages) return seq;
  } finally {
    messages.stop();
  }
  return firstSeq;
}
