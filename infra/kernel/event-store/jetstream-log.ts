import { jetstreamManager, type JetStreamManager, PubHeaders } from '@nats-io/jetstream';
import { headers as makeHeaders, type NatsConnection } from '@nats-io/transport-node';
import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { streamOf } from '@parley/contracts/wire/partition';
import { aggregateOfSubject, subjectOf } from '@parley/contracts/wire/subjects';
import { ReplyInbox } from '../nats/reply-inbox.ts';
import { type AppendOutcome, type EventLog, LogUnavailable, type StoredCommit } from './event-log.ts';
import { leaderGet } from './leader-get.ts';

export type JetStreamLogOptions = {
  /** How long an append may stay unanswered before its outcome is unknown; 5,000 ms unless told. */
  readonly appendMsMax?: number;
};

const appendMsMaxDefault = 5_000;
const leaderElected = '$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED.';
/** So many commits are fetched one by one from the leader before a range is fetched in bulk. */
const singleGetsMax = 4;
const bulkCommitsMax = 1_000;

const expectedSeqHeader = PubHeaders.ExpectedLastSubjectSequenceHdr;
const wrongLastSequence = 10_071;
const wrongLastSequenceInFlight = 10_164;
const storageExceeded: ReadonlySet<number> = new Set([10_002, 10_023, 10_047]);
const messageTooLarge = 10_054;
const storeFailed = 10_077;
/** A store that refuses because a bound of the stream is reached says so in words only. */
const boundReached = /maximum (bytes|messages)/i;

/**
 * The log in JetStream, replicated or not. Appends carry the expected sequence of their literal subject and nothing
 * else: no message id, because a re-decided commit under an old id would be acknowledged and thrown away, and no
 * batch. The server checks the expectation where it orders the stream, so of two writers one is refused.
 */
export async function openJetStreamLog(nc: NatsConnection, { appendMsMax = appendMsMaxDefault }: JetStreamLogOptions = {}): Promise<EventLog> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const acks = acknowledgements(nc);
  const epochs = new Map<string, Promise<string>>();
  return {
    append: (aggregate, expectedSeq, bytes, headers) => append(nc, { acks, appendMsMax }, aggregate, expectedSeq, bytes, headers),
    async lastSeq(aggregate) {
      return (await leaderGet(nc, streamOf(aggregate), { last_by_subj: subjectOf(aggregate) }))?.seq ?? 0;
    },
    read: (aggregate, afterSeq) => read(nc, jsm, aggregate, afterSeq),
    async readAt(aggregate, seq) {
      const found = seq > 0 ? await leaderGet(nc, streamOf(aggregate), { seq }) : undefined;
      return found?.subject === subjectOf(aggregate) ? found : undefined;
    },
    async epoch(aggregate) {
      const stream = streamOf(aggregate);
      const known = epochs.get(stream) ?? readEpoch(jsm, stream);
      epochs.set(stream, known);
      // A failed reading must not be remembered.
      known.catch(() => epochs.delete(stream));
      return known;
    },
  };
}

/**
 * Where appends are acknowledged, once somebody appends. What a stream's leader had in hand when it went away is
 * acknowledged by nobody: with the word of a new leader its outcome is unknown, and the log is read, instead of after
 * seconds in which everybody behind it waits. Source: nats-server, `advisories` (JSAdvisoryStreamLeaderElectedPre).
 */
function acknowledgements(nc: NatsConnection): () => ReplyInbox {
  let acks: ReplyInbox | undefined;
  return () => {
    if (acks) return acks;
    const made = new ReplyInbox(nc);
    nc.subscribe(`${leaderElected}*`, {
      callback: (error, { subject }) => {
        if (error) return;
        const stream = subject.slice(leaderElected.length);
        made.giveUp((sentTo) => {
          const aggregate = aggregateOfSubject(sentTo);
          return aggregate !== undefined && streamOf(aggregate) === stream;
        });
      },
    });
    acks = made;
    return made;
  };
}

async function readEpoch(jsm: JetStreamManager, stream: string): Promise<string> {
  try {
    return (await jsm.streams.info(stream)).config.metadata?.['epoch'] ?? '';
  } catch (error) {
    throw new LogUnavailable(`the epoch of ${stream} cannot be read`, { cause: error });
  }
}

type Ack = { readonly seq?: number; readonly duplicate?: boolean; readonly error?: { readonly err_code: number; readonly description: string } };

async function append(nc: NatsConnection, { acks, appendMsMax }: { readonly acks: () => ReplyInbox; readonly appendMsMax: number }, aggregate: AggregateRef, expectedSeq: number, bytes: Uint8Array, headers: Readonly<Record<string, string>>): Promise<AppendOutcome> {
  const subject = subjectOf(aggregate);
  if (bytes.length > (nc.info?.max_payload ?? Number.POSITIVE_INFINITY)) return { outcome: 'not-stored', reason: 'too-large', detail: 'larger than the server’s max_payload' };
  const named = makeHeaders();
  named.set(expectedSeqHeader, String(expectedSeq));
  for (const name in headers) named.set(name, headers[name] as string);
  let sent;
  try {
    sent = acks().publish(subject, bytes, appendMsMax, named);
  } catch (error) {
    // It never left this process: the connection is closed or draining.
    return { outcome: 'not-stored', reason: 'rejected', detail: error instanceof Error ? error.message : String(error) };
  }
  const answer = await sent;
  if (!answer) return { outcome: 'unknown', detail: 'no answer in time' };
  // Code 503: at that moment nobody listened for the stream; it is not the stream that says so.
  if (answer.data.length === 0) return { outcome: 'unknown', detail: `status ${answer.headers?.code ?? 0}` };
  const ack = parseAck(answer.data);
  if (ack?.error) return outcomeOf(ack.error.err_code, ack.error.description);
  if (ack?.seq === undefined) return { outcome: 'unknown', detail: 'an answer that is no acknowledgement' };
  // Without a message id the server has nothing to compare: then other bytes than ours may be what is stored.
  if (ack.duplicate) throw new Error(`the append to ${subject} at ${expectedSeq} was taken for a duplicate`);
  return { outcome: 'stored', seq: ack.seq };
}

function parseAck(data: Uint8Array): Ack | undefined {
  try {
    return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()) as Ack;
  } catch {
    return undefined;
  }
}

/** What the stream's refusal proves: only it can say that nothing was stored. */
function outcomeOf(code: number, message: string): AppendOutcome {
  if (code === wrongLastSequence || code === wrongLastSequenceInFlight) return { outcome: 'conflict' };
  if (code === messageTooLarge) return { outcome: 'not-stored', reason: 'too-large', detail: message };
  if (storageExceeded.has(code) || (code === storeFailed && boundReached.test(message))) return { outcome: 'not-stored', reason: 'storage-full', detail: message };
  // A store that failed otherwise is this replica's only; the others may have stored what it could not.
  if (code === storeFailed) return { outcome: 'unknown', detail: message };
  return { outcome: 'not-stored', reason: 'rejected', detail: `${code} ${message}` };
}

/**
 * The head is asked of the leader; everything below it has been agreed on and never changes, and every replica has a
 * prefix of the log, so the range below may come from any of them: what a lagging one lacks is its end, and that is
 * fetched from the leader. Whoever folds the commits sees by their numbers and hashes that none is missing.
 */
async function* read(nc: NatsConnection, jsm: JetStreamManager, aggregate: AggregateRef, afterSeq: number): AsyncGenerator<StoredCommit> {
  const stream = streamOf(aggregate);
  const subject = subjectOf(aggregate);
  const head = await leaderGet(nc, stream, { last_by_subj: subject });
  if (!head || head.seq <= afterSeq) return;
  let lastSeq = afterSeq;
  for (let gets = 0; gets < singleGetsMax && lastSeq + 1 < head.seq; gets += 1) {
    const next = await leaderGet(nc, stream, { seq: lastSeq + 1, next_by_subj: subject });
    if (!next || next.seq >= head.seq) {
      lastSeq = head.seq - 1;
      break;
    }
    yield next;
    lastSeq = next.seq;
  }
  while (lastSeq + 1 < head.seq) {
    const before = lastSeq;
    for await (const commit of bulk(jsm, stream, subject, lastSeq + 1)) {
      if (commit.seq >= head.seq) break;
      yield commit;
      lastSeq = commit.seq;
    }
    if (lastSeq === before) {
      const next = await leaderGet(nc, stream, { seq: lastSeq + 1, next_by_subj: subject });
      if (!next || next.seq >= head.seq) break;
      yield next;
      lastSeq = next.seq;
    }
  }
  yield head;
}

async function* bulk(jsm: JetStreamManager, stream: string, subject: string, fromSeq: number): AsyncGenerator<StoredCommit> {
  let messages;
  try {
    messages = await jsm.direct.getBatch(stream, { seq: fromSeq, next_by_subj: subject, batch: bulkCommitsMax });
    for await (const { seq, data, time } of messages) yield { seq, bytes: data, storedAtMs: time.getTime() };
  } catch {
    // The caller goes on with the leader from where this ended.
  } finally {
    messages?.stop();
  }
}
