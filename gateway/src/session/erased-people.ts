import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { userErased, userErasureStarted } from '@parley/contracts/users/events';
import { eventStreams, streamNames } from '@parley/contracts/wire/partition';
import { aggregateOfSubject } from '@parley/contracts/wire/subjects';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import { streamState } from '@parley/kernel/event-store/read-stream';
import { logger } from '@parley/kernel/telemetry/log';

const lookEveryMsDefault = 10_000;
const pageCommits = 500;
const notFound = 404;
const commitsOfPeople = 'evt.*.user.>';
const erasing: ReadonlySet<string> = new Set([userErasureStarted.type, userErased.type]);

export type ErasedPeopleOptions = {
  /** How far back people are looked for at the start, in milliseconds: as long as what they hold lives. */
  readonly sinceMs: number;
  readonly onErased: (userId: string) => void;
  /** 10,000 unless told. */
  readonly lookEveryMs?: number;
};

/**
 * Tells who was erased, from the log: those of the last `sinceMs` before this resolves, later ones within `lookEveryMs`
 * or as soon as the log can be read again. The announcement is faster, but whoever was away when it was made, or began
 * later, never hears it. Rejects when the log cannot be read at the start. Returns what stops it.
 */
export async function followErasedPeople(nc: NatsConnection, { sinceMs, onErased, lookEveryMs = lookEveryMsDefault }: ErasedPeopleOptions): Promise<{ stop(): void }> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const lanes = await Promise.all(streamNames.slice(0, eventStreams).map((stream) => beginning(jsm, stream, sinceMs)));
  const look = async (): Promise<void> => {
    await Promise.all(lanes.map(async (lane) => {
      const { epoch, lastSeq } = await streamState(nc, lane.stream);
      // A copy took the stream's place: how far we were says nothing of it.
      if (epoch !== lane.epoch || lastSeq < lane.nextSeq - 1) Object.assign(lane, await beginning(jsm, lane.stream, sinceMs));
      for await (const { seq, userId, isErased } of peopleFrom(jsm, lane.stream, lane.nextSeq)) {
        if (isErased) onErased(userId);
        lane.nextSeq = seq + 1;
      }
    }));
  };
  await look();
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking || nc.isClosed()) return;
    isLooking = true;
    look().catch((error: unknown) => logger('gateway').debug({ err: error }, 'who was erased cannot be read now')).finally(() => { isLooking = false; });
  }, lookEveryMs);
  return { stop: () => clearInterval(timer) };
}

type Manager = Awaited<ReturnType<typeof jetstreamManager>>;

type Lane = { readonly stream: string; epoch: string; nextSeq: number };

/** A stream as it is now, from the first commit of the last `sinceMs` on. */
async function beginning(jsm: Manager, stream: string, sinceMs: number): Promise<Lane> {
  const since = new Date(Date.now() - sinceMs);
  const { state, config } = await jsm.streams.info(stream);
  const lane = { stream, epoch: config.metadata?.['epoch'] ?? '', nextSeq: state.last_seq + 1 };
  if (state.messages === 0 || new Date(state.last_ts) < since) return lane;
  for await (const { seq } of found(jsm, stream, { start_time: since, batch: 1 })) return { ...lane, nextSeq: seq };
  return lane;
}

/** A batch of a stream, empty where the server says that there is none. */
async function* found(jsm: Manager, stream: string, wanted: Parameters<Manager['direct']['getBatch']>[1]) {
  try {
    yield* await jsm.direct.getBatch(stream, wanted);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === notFound)) throw error;
  }
}

type PersonCommit = { readonly seq: number; readonly userId: string; readonly isErased: boolean };

async function* peopleFrom(jsm: Manager, stream: string, fromSeq: number): AsyncGenerator<PersonCommit> {
  for (let nextSeq = fromSeq; ;) {
    const beforeSeq = nextSeq;
    for await (const { seq, subject, data } of found(jsm, stream, { seq: nextSeq, next_by_subj: commitsOfPeople, batch: pageCommits })) {
      nextSeq = seq + 1;
      yield { seq, userId: aggregateOfSubject(subject)?.id ?? '', isErased: saysErased(data) };
    }
    // A server may answer less than it was asked for; only an empty answer is the end.
    if (nextSeq === beforeSeq) return;
  }
}

function saysErased(bytes: Uint8Array): boolean {
  try {
    return decodeCommit(bytes).events.some(({ type }) => erasing.has(type));
  } catch {
    // What cannot be read says nothing; verifying the log is not a gateway's matter.
    return false;
  }
}
