import type { NatsConnection } from '@nats-io/transport-node';
import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { streamOf } from '@parley/contracts/wire/partition';
import { aggregateOfSubject, subjectOf } from '@parley/contracts/wire/subjects';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { drainStream, streamState } from '@parley/kernel/event-store/read-stream';

/** The first commit in which two logs differ, per stream or aggregate. `n` is its first event, where it can be read. */
export type LogDifference = { readonly stream: string; readonly seq: number; readonly kind?: string; readonly id?: string; readonly n?: number; readonly what: string };

type Entry = { readonly seq: number; readonly subject: string; readonly bytes: Uint8Array };

/** Compares one stream of two logs, commit by commit, bytes and sequences. Undefined: they are the same. */
export async function diffStream(left: NatsConnection, right: NatsConnection, stream: string, signal: AbortSignal, onProgress: (commits: number) => void): Promise<LogDifference | undefined> {
  return firstDifference(entries(left, stream, signal), entries(right, stream, signal), stream, true, onProgress);
}

/** Compares one aggregate of two logs, commit by commit; sequences may differ, as after an import. */
export async function diffAggregate(left: NatsConnection, right: NatsConnection, aggregate: AggregateRef): Promise<LogDifference | undefined> {
  return firstDifference(commitsOf(left, aggregate), commitsOf(right, aggregate), streamOf(aggregate), false, () => {});
}

async function firstDifference(here: AsyncGenerator<Entry>, there: AsyncGenerator<Entry>, stream: string, bySeq: boolean, onProgress: (commits: number) => void): Promise<LogDifference | undefined> {
  try {
    for (let compared = 0; ; compared += 1) {
      const [mine, theirs] = (await Promise.all([here.next(), there.next()])).map(({ value, done }) => (done ? undefined : value));
      if (!mine && !theirs) return undefined;
      if (!theirs) return place(stream, mine!, 'the other log ends before it');
      if (!mine) return place(stream, theirs, 'only the other log has it');
      if (mine.subject !== theirs.subject) return place(stream, mine, `the other log has a commit of ${theirs.subject} there`);
      if (!Buffer.from(mine.bytes).equals(theirs.bytes)) return place(stream, mine, 'its bytes differ');
      if (bySeq && mine.seq !== theirs.seq) return place(stream, mine, `it is at sequence ${theirs.seq} there`);
      onProgress(compared + 1);
    }
  } finally {
    await Promise.all([here.return(undefined), there.return(undefined)]);
  }
}

function place(stream: string, { seq, subject, bytes }: Entry, what: string): LogDifference {
  const aggregate = aggregateOfSubject(subject);
  let n: number | undefined;
  try {
    ({ n } = decodeCommit(bytes));
  } catch {
    // What cannot be read is named by its sequence alone.
  }
  return { stream, seq, ...aggregate, ...(n !== undefined && { n }), what };
}

async function* entries(nc: NatsConnection, stream: string, signal: AbortSignal): AsyncGenerator<Entry> {
  const { firstSeq, lastSeq } = await streamState(nc, stream);
  for await (const batch of drainStream(nc, stream, Math.max(1, firstSeq), lastSeq, { signal })) yield* batch;
}

async function* commitsOf(nc: NatsConnection, aggregate: AggregateRef): AsyncGenerator<Entry> {
  const log = await openJetStreamLog(nc);
  for await (const { seq, bytes } of log.read(aggregate, 0)) yield { seq, bytes, subject: subjectOf(aggregate) };
}
