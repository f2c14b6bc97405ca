import type { NatsConnection } from '@nats-io/transport-node';
import type { AggregateKind, AggregateRef } from '@parley/contracts/envelope/commit';
import { messageEdited, messageRedacted } from '@parley/contracts/messages/events';
import { eventStreams, streamNames, streamOf } from '@parley/contracts/wire/partition';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { streamState } from '@parley/kernel/event-store/read-stream';
import { Place } from './bookmark.ts';
import { mergeStreams, type Placed, seqAtTime, type StreamRange } from './merge-streams.ts';
import { RemovedTexts } from './removed-texts.ts';

/** Which part of the log: one aggregate, one stream, the streams that hold one kind, or all. */
export type Where = { readonly aggregate?: AggregateRef; readonly stream?: string; readonly kind?: AggregateKind };

/** The streams in question. */
function streamsOf({ aggregate, stream, kind }: Where): readonly string[] {
  if (aggregate) return [streamOf(aggregate)];
  if (stream !== undefined) return [stream];
  if (kind === undefined) return streamNames;
  return kind === 'reader' ? streamNames.slice(eventStreams) : streamNames.slice(0, eventStreams);
}

/** A place in that part of the log: where the file says, else from the time given (or the beginning) to what the log's end is now. Throws CliError (2). */
export async function openPlace(nc: NatsConnection, file: string | undefined, command: string, question: Record<string, unknown>, where: Where, fromMs: number | undefined): Promise<Place> {
  const states = await Promise.all(streamsOf(where).map(async (stream) => ({ stream, ...(await streamState(nc, stream)) })));
  const epochs = Object.fromEntries(states.map(({ stream, epoch }) => [stream, epoch]));
  return Place.open(file, command, question, epochs, () =>
    Promise.all(states.map(async ({ stream, firstSeq, lastSeq }) => ({ stream, fromSeq: fromMs === undefined ? Math.max(1, firstSeq) : await seqAtTime(nc, stream, firstSeq, lastSeq, fromMs), toSeq: lastSeq }))));
}

/** Commits of those ranges in the order in which they were stored, many at a time. */
export async function* readRanges(nc: NatsConnection, { aggregate }: Where, ranges: readonly StreamRange[], signal: AbortSignal): AsyncGenerator<readonly Placed[]> {
  if (!aggregate) {
    yield* mergeStreams(nc, ranges, signal);
    return;
  }
  // Nothing of the aggregate lies behind its head, so reading ends there and need not wait for more.
  const headSeq = await (await openJetStreamLog(nc)).lastSeq(aggregate);
  yield* mergeStreams(nc, ranges.map((range) => ({ ...range, toSeq: Math.min(range.toSeq, headSeq) })), signal, subjectOf(aggregate));
}

const taking = [messageRedacted.type, messageEdited.type];

/** What was redacted or replaced by anything that follows the beginning of those ranges, to the log's end as it is now. */
export async function findRemoved(nc: NatsConnection, where: Where, ranges: readonly StreamRange[], signal: AbortSignal): Promise<RemovedTexts> {
  const removed = new RemovedTexts();
  const toEnd = await Promise.all(ranges.map(async ({ stream, fromSeq }) => ({ stream, fromSeq, toSeq: (await streamState(nc, stream)).lastSeq })));
  for await (const messages of readRanges(nc, where, toEnd.filter(({ fromSeq, toSeq }) => fromSeq <= toSeq), signal)) {
    for (const { bytes } of messages) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      // Most commits take nothing away; parsing them all twice would be most of the work.
      if (!taking.some((type) => text.includes(type))) continue;
      try {
        const { kind, id, n, events } = decodeCommit(bytes);
        if (kind === 'room') events.forEach((event, index) => removed.take(id, n + index, event));
      } catch {
        // Whoever shows it says that it cannot be read.
      }
    }
  }
  return removed;
}
