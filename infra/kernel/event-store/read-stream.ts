import type { NatsConnection } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import { LogUnavailable } from './event-log.ts';
import { leaderGet } from './leader-get.ts';
import { OrderedPull, type StreamMessage } from './ordered-pull.ts';

export type { StreamMessage } from './ordered-pull.ts';

/** Messages that were there together, in stream order, never empty. */
export type StreamBatch = readonly StreamMessage[];

export type FollowOptions = {
  /** Ends the iteration quietly. */
  readonly signal?: AbortSignal;
  /** Only messages whose subject matches, such as `evt.*.user.>`; their sequences then have holes. */
  readonly filterSubject?: string;
  /** Bounds of one batch: 2,000 messages and 2 MB unless told; a batch has at least one message. */
  readonly batchMessagesMax?: number;
  readonly batchBytesMax?: number;
};

const batchMessagesMaxDefault = 2_000;
const batchBytesMaxDefault = 2 * 1024 * 1024;
const drainIdleMs = 1_500;

/** First and last sequence of a stream and its epoch ('' if it was made without one), as its leader knows them. Throws LogUnavailable. */
export async function streamState(nc: NatsConnection, stream: string): Promise<{ readonly firstSeq: number; readonly lastSeq: number; readonly epoch: string }> {
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    const { state, config } = await jsm.streams.info(stream);
    return { firstSeq: state.first_seq, lastSeq: state.last_seq, epoch: config.metadata?.['epoch'] ?? '' };
  } catch (error) {
    throw new LogUnavailable(`the state of ${stream} cannot be read`, { cause: error });
  }
}

/**
 * Yields a whole stream from `fromSeq` (1: everything) and goes on with what is appended, for ever, without gap or
 * repetition whatever happens to servers and connection. Ends when `signal` aborts or the caller leaves its loop;
 * throws LogUnavailable when the connection was closed or there is no such stream. While the caller is busy at most
 * one pull (4 MB) waits in memory.
 */
export async function* followStream(nc: NatsConnection, stream: string, fromSeq: number, options: FollowOptions = {}): AsyncGenerator<StreamBatch> {
  const { signal, batchMessagesMax = batchMessagesMaxDefault, batchBytesMax = batchBytesMaxDefault } = options;
  let wake: (() => void) | undefined;
  const ring = (): void => wake?.();
  const pull = new OrderedPull(nc, stream, fromSeq, ring, options.filterSubject);
  signal?.addEventListener('abort', ring);
  try {
    for (;;) {
      if (signal?.aborted) return;
      const arrived = pull.take();
      for (const batch of cut(arrived, batchMessagesMax, batchBytesMax)) {
        yield batch;
        if (signal?.aborted) return;
      }
      if (arrived.length === 0) await new Promise<void>((resolve) => { wake = resolve; });
      wake = undefined;
    }
  } finally {
    signal?.removeEventListener('abort', ring);
    pull.close();
  }
}

/**
 * Yields what lies from `fromSeq` to `toSeq`, both included, then ends; sequences that were deleted are passed over. With
 * `filterSubject` it ends at once if `toSeq` or a later message matches, else after a moment. Throws LogUnavailable.
 */
export async function* drainStream(nc: NatsConnection, stream: string, fromSeq: number, toSeq: number, options: FollowOptions = {}): AsyncGenerator<StreamBatch> {
  // An empty stream says that it goes from 0 to 0.
  if (toSeq < Math.max(1, fromSeq)) return;
  const ended = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, ended.signal]) : ended.signal;
  let nextSeq = fromSeq;
  let heardAtMs = performance.now();
  const endIfNothingIsLeft = async (): Promise<void> => {
    if (!(await hasMessageBetween(nc, stream, nextSeq, toSeq, options.filterSubject))) ended.abort();
  };
  // Only when nothing comes: perhaps the rest of the range was deleted, so nothing ever will.
  const idle = setInterval(() => {
    if (performance.now() - heardAtMs < drainIdleMs) return;
    heardAtMs = performance.now();
    endIfNothingIsLeft().catch(() => {});
  }, drainIdleMs);
  try {
    for await (const batch of followStream(nc, stream, fromSeq, { ...options, signal })) {
      const lastSeq = batch.at(-1)?.seq ?? nextSeq;
      const wanted = lastSeq <= toSeq ? batch : batch.filter(({ seq }) => seq <= toSeq);
      if (wanted.length > 0) yield wanted;
      nextSeq = lastSeq + 1;
      heardAtMs = performance.now();
      if (nextSeq > toSeq) return;
    }
  } finally {
    clearInterval(idle);
  }
}

async function hasMessageBetween(nc: NatsConnection, stream: string, fromSeq: number, toSeq: number, subject = '>'): Promise<boolean> {
  const next = await leaderGet(nc, stream, { seq: fromSeq, next_by_subj: subject });
  return next !== undefined && next.seq <= toSeq;
}

function* cut(messages: readonly StreamMessage[], messagesMax: number, bytesMax: number): Generator<StreamBatch> {
  let from = 0;
  let bytes = 0;
  for (const [index, { bytes: { length: size } }] of messages.entries()) {
    if (index > from && (index - from >= messagesMax || bytes + size > bytesMax)) {
      yield messages.slice(from, index);
      from = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (messages.length > from) yield from === 0 ? messages : messages.slice(from);
}
