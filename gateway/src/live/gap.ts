import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { resumeEventsPerRoomMax, resumeRoomsMax } from '@parley/contracts/realtime/limits';
import { streamIndexOf, streamNames } from '@parley/contracts/wire/partition';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { type EventLog, LogUnavailable } from '@parley/kernel/event-store/event-log';
import type { Admission } from './admission.ts';
import { removeGoneWords } from './body.ts';
import { Entry } from './entry.ts';
import type { Hub } from './hub.ts';
import type { LiveUser } from './live-user.ts';
import { decodeEntry, type Opening } from './opening.ts';

/** What a reader missed, ready to be written; or why it has to load anew instead. */
export type Gap =
  | { readonly entries: readonly Entry[]; readonly entered: readonly { readonly roomId: string; readonly n: number }[]; readonly fromLog: boolean }
  | { readonly reset: string };

export type GapContext = {
  readonly hub: Hub;
  readonly log: EventLog;
  readonly opening: Opening;
  readonly admission: Admission;
};

const gapEntriesMax = 50_000;
const audienceLookupsMax = 50;

type Piece = {
  /** Number of the event with which the membership began; 0 for what is a person's own. */
  readonly joinedN: number;
  readonly aggregate: AggregateRef; readonly stream: number; readonly subject: string; entries: Entry[]; /** Those of `entries` that belong to the gap. */ sent: readonly Entry[] };

/**
 * Collects what a person missed after `from` up to `to` (sequences of each stream): from memory where the ring reaches
 * back far enough, else from the log within bounds. Only rooms they sit in now are read, and a room they came into
 * meanwhile is told as entered. Words that are gone by now are gone from the gap.
 */
export async function collectGap(context: GapContext, user: LiveUser, from: readonly number[], to: readonly number[]): Promise<Gap> {
  const { hub } = context;
  const pieces = piecesOf(user);
  const old = pieces.filter(({ stream }) => (from[stream] ?? 0) < hub.rings.floor(stream));
  for (const piece of pieces) if (!old.includes(piece)) piece.entries = hub.rings.of(piece.stream, piece.subject, from[piece.stream] ?? 0);
  const departures = departuresOf(hub, user, from);
  const people = peopleSince(hub, user, from);
  if (old.length > 0) {
    const refused = await readOld(context, old, from);
    if (refused) return { reset: refused };
  }
  const strangers = people.filter((entry) => decodeEntry(entry) && entry.audience === undefined);
  if (strangers.length > audienceLookupsMax) return { reset: 'too many people changed' };
  await Promise.all(strangers.map((entry) => hub.findAudience(entry)));
  const others = people.filter((entry) => (entry.audience ?? []).some((roomId) => user.seatIn(roomId)));

  for (const piece of pieces) {
    for (const entry of piece.entries) if (!entry.isDecoded) decodeEntry(entry);
    piece.sent = piece.entries.filter(({ seq }) => seq <= (to[piece.stream] ?? 0));
  }
  const entered = splitEntered(pieces, user.userId);
  const entries = [...pieces.flatMap((piece) => piece.sent), ...departures, ...others].filter(({ stream, seq }) => seq <= (to[stream] ?? 0));
  if (entries.length > gapEntriesMax) return { reset: 'too much was missed' };
  await context.opening.make(entries.filter(({ body }) => !body));
  for (const piece of pieces) {
    // To the head, which has moved while keys were fetched: a redaction always lies behind what it takes away.
    const last = piece.entries.at(-1)?.seq ?? from[piece.stream] ?? 0;
    removeGoneWords([...piece.entries, ...hub.rings.of(piece.stream, piece.subject, last)]);
    for (const entry of piece.entries) hub.rings.recount(entry);
  }
  return { entries: inOrder(entries.filter(({ body }) => body)), entered, fromLog: old.length > 0 };
}

function piecesOf(user: LiveUser): Piece[] {
  const own: AggregateRef[] = [{ kind: 'user', id: user.userId }, { kind: 'reader', id: user.userId }];
  const rooms = user.seats.map(({ channel, joinedN }) => ({ aggregate: { kind: 'room', id: channel.roomId } as AggregateRef, joinedN }));
  return [...rooms, ...own.map((aggregate) => ({ aggregate, joinedN: 0 }))].map(({ aggregate, joinedN }) => ({ aggregate, joinedN, stream: streamIndexOf(aggregate.kind, aggregate.id), subject: subjectOf(aggregate), entries: [], sent: [] }));
}

/** Commits that took this person out of a room they do not sit in now: that, and nothing else of it. */
function departuresOf(hub: Hub, user: LiveUser, from: readonly number[]): Entry[] {
  const last = new Map<string, Entry>();
  for (let stream = 0; stream < streamNames.length; stream += 1) {
    for (const entry of hub.rings.controls(stream, from[stream] ?? 0)) {
      if (entry.controls.some(({ type, userId }) => type === 'left' && userId === user.userId)) last.set(entry.id, entry);
    }
  }
  return [...last.values()].filter(({ id }) => !user.seatIn(id));
}

function peopleSince(hub: Hub, user: LiveUser, from: readonly number[]): Entry[] {
  return streamNames.flatMap((_, stream) => hub.rings.people(stream, from[stream] ?? 0)).filter(({ id }) => id !== user.userId);
}

/** Reads what memory does not reach back to. Returns why it cannot be done, or undefined. */
async function readOld({ log, admission }: GapContext, old: readonly Piece[], from: readonly number[]): Promise<string | undefined> {
  if (old.filter(({ aggregate }) => aggregate.kind === 'room').length > resumeRoomsMax) return 'too many rooms for so old a cursor';
  const results = await Promise.all(old.map((piece) => admission.run(() => readPiece(log, piece, from[piece.stream] ?? 0))));
  return results.every((done) => done === true) ? undefined : 'too much was missed';
}

async function readPiece(log: EventLog, piece: Piece, afterSeq: number): Promise<boolean> {
  const { aggregate, stream, subject } = piece;
  let events = 0;
  try {
    for await (const { seq, bytes, storedAtMs } of log.read(aggregate, afterSeq)) {
      const entry = new Entry({ stream, seq, subject, kind: aggregate.kind, id: aggregate.id, bytes, storedAtMs, isControl: false, traceparent: undefined });
      const commit = decodeEntry(entry);
      events += commit?.events.length ?? 1;
      if (events > resumeEventsPerRoomMax) return false;
      piece.entries.push(entry);
    }
    return true;
  } catch (error) {
    if (error instanceof LogUnavailable) return false;
    throw error;
  }
}

/** Rooms whose present membership began inside the gap are told as entered; nothing of them is replayed. */
function splitEntered(pieces: readonly Piece[], userId: string): { roomId: string; n: number }[] {
  const entered: { roomId: string; n: number }[] = [];
  for (const piece of pieces) {
    const last = piece.sent.at(-1);
    if (piece.aggregate.kind !== 'room' || !last) continue;
    // Known by the read side, not come here yet: it will be told when it comes.
    if (piece.joinedN > last.lastN) {
      piece.sent = [];
      continue;
    }
    const isNew = piece.sent.some(({ n, lastN, controls }) => (n <= piece.joinedN && piece.joinedN <= lastN) || controls.some((fact) => fact.type === 'joined' && fact.userId === userId));
    if (!isNew) continue;
    entered.push({ roomId: piece.aggregate.id, n: Math.max(last.lastN, 1) });
    piece.sent = [];
  }
  return entered;
}

/** Each stream ascending, streams merged by when the server stored: about the order in which things happened. */
function inOrder(entries: readonly Entry[]): Entry[] {
  const latest: number[] = [];
  const keyed = [...entries]
    .sort((a, b) => a.stream - b.stream || a.seq - b.seq)
    .map((entry) => {
      const at = Math.max(latest[entry.stream] ?? 0, entry.storedAtMs);
      latest[entry.stream] = at;
      return { entry, at };
    });
  return keyed.sort((a, b) => a.at - b.at || a.entry.stream - b.entry.stream || a.entry.seq - b.entry.seq).map(({ entry }) => entry);
}
