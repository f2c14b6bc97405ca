import { type HistoryRule, memberJoined, memberRoleChanged, roomCreated } from '@parley/contracts/rooms/events';
import { messagePosted } from '@parley/contracts/messages/events';
import { isVisible, type Stay, visibleSpans } from '@parley/contracts/rooms/visible';
import type { NoteRow, StayRow } from '@parley/projectors/projections/conversations/rows';
import type { Mark, RoomFold } from './room-fold.ts';

/** Events of one person's stay, or of the message, that prove an answer. */
export type Proof = { readonly n: number; readonly at: string; readonly what: string };

/** From one event on and until before another, one person could read one message. */
export type Sight = {
  readonly userId: string;
  /** The event with which the stay began that let them see it, and their role when they first could. */
  readonly joinedN: number; readonly role: string;
  readonly fromN: number; readonly fromAt: string;
  /** `posted`: they were in the room. `joined`: they came later, and the room shows its past. */
  readonly because: 'posted' | 'joined';
  /** The event that ended it; null while they still may. */
  readonly untilN: number | null; readonly untilAt: string | null; readonly ended: 'redacted' | 'room-deleted' | null;
  /** Numbers of the events whose texts they could read: the message's own, and its edits'. */
  readonly versions: readonly number[];
  readonly proof: readonly Proof[];
};

export type MessageSights = {
  readonly roomId: string; readonly kind: string; readonly history: HistoryRule; readonly n: number; readonly messageId: string; readonly author: string; readonly at: string;
  readonly edits: readonly Mark[]; readonly redaction: Mark | null; readonly deletion: Mark | null; readonly headN: number;
  readonly sights: readonly Sight[];
};

/**
 * Whether a person with these stays could read message `n` when the room was at event `k`: the rule of queries, asked
 * about the past. `goneN` is the event that took the message away from everybody.
 */
export function couldSeeAt(history: HistoryRule, stays: readonly StayRow[], n: number, k: number, goneN: number): boolean {
  return k >= n && k < goneN && isVisible(visibleSpans(history, staysAt(stays, k), { n: k, ordinal: 0 }), n);
}

/** A person's stays as they were known at event `k`. */
function staysAt(stays: readonly StayRow[], k: number): Stay[] {
  return stays.filter(({ joined_n }) => joined_n <= k).map(({ joined_n, joined_ordinal, left_n, left_ordinal, role }) => {
    const left = left_n !== null && left_n <= k;
    return { joinedN: joined_n, joinedOrdinal: joined_ordinal, leftN: left ? left_n : null, leftOrdinal: left ? left_ordinal : null, role };
  });
}

/** Who could read a message, when, and which events say so. The fold must reach the room's head. Undefined: there is no such message. */
export function whoCouldSee(fold: RoomFold, ref: string | number): MessageSights | undefined {
  const message = fold.message(ref);
  const { room } = fold;
  if (!message || !room) return undefined;
  const history = room.history as HistoryRule;
  const redaction = fold.redactions.get(message.n) ?? null;
  const deletion = fold.deletion ?? null;
  const people = Map.groupBy(fold.stays(), ({ user_id }) => user_id);
  const subject = { n: message.n, at: message.at, history, edits: fold.edits.get(message.n) ?? [], redaction, deletion, roomMade: { n: 1, at: room.created_at, what: `${roomCreated.type}, history ${history}` } };
  const roles = Map.groupBy(fold.rows.notes.filter(({ type }) => givingRoles.has(type)), ({ user_id }) => user_id);
  const sights = [...people].flatMap(([userId, stays]) => sightsOf(subject, { userId, stays, roles: roles.get(userId) ?? [] }));
  return {
    roomId: room.room_id, kind: room.kind, history, n: message.n, messageId: message.message_id, author: message.author, at: message.at,
    edits: subject.edits, redaction, deletion, headN: fold.head.n,
    sights: sights.toSorted((left, right) => left.fromN - right.fromN || left.joinedN - right.joinedN || left.userId.localeCompare(right.userId)),
  };
}

type Subject = {
  readonly n: number; readonly at: string; readonly history: HistoryRule; readonly edits: readonly Mark[];
  readonly redaction: Mark | null; readonly deletion: Mark | null; readonly roomMade: Proof;
};

/** One person: their stays, and the events that gave them a role. */
type Person = { readonly userId: string; readonly stays: readonly StayRow[]; readonly roles: readonly NoteRow[] };

const givingRoles: ReadonlySet<string> = new Set([memberJoined.type, memberRoleChanged.type]);

/** Visibility changes at few events; between two of them it stays as it is, so asking there is asking everywhere. */
function sightsOf(subject: Subject, person: Person): Sight[] {
  const { stays } = person;
  const { n, history, redaction, deletion } = subject;
  const goneN = Math.min(redaction?.n ?? Infinity, deletion?.n ?? Infinity);
  const changes = [n, goneN, ...stays.flatMap(({ joined_n, left_n }) => [joined_n, left_n ?? Infinity])];
  const sights: Sight[] = [];
  let fromN: number | undefined;
  for (const k of [...new Set(changes)].filter((each) => each >= n).toSorted((left, right) => left - right)) {
    const sees = k !== Infinity && couldSeeAt(history, stays, n, k, goneN);
    if (sees) fromN ??= k;
    if (sees || fromN === undefined) continue;
    sights.push(sightOf(subject, person, fromN, k));
    fromN = undefined;
  }
  if (fromN !== undefined) sights.push(sightOf(subject, person, fromN, Infinity));
  return sights;
}

/** A person's role at an event, by the last event before it that gave them one. */
const roleAt = ({ roles }: Person, n: number): string => roles.findLast((note) => note.n <= n)?.role ?? 'member';

function sightOf(subject: Subject, person: Person, fromN: number, untilN: number): Sight {
  const { userId, stays } = person;
  const { n, at, history, edits, redaction, deletion, roomMade } = subject;
  const stay = stays.findLast(({ joined_n }) => joined_n <= fromN) as StayRow;
  const end = [redaction, deletion].find((mark) => mark?.n === untilN) ?? null;
  const lastLeftN = stays.at(-1)?.left_n ?? Infinity;
  const reach = Math.min(untilN - 1, lastLeftN);
  const proof: Proof[] = [
    ...(stay.joined_n > n ? [roomMade] : []),
    { n: stay.joined_n, at: stay.joined_at, what: `${memberJoined.type} as ${roleAt(person, stay.joined_n)}` },
    { n, at, what: messagePosted.type },
    ...(stay.left_n !== null && stay.left_n < untilN ? [{ n: stay.left_n, at: stay.left_at ?? '', what: `left; ${history === 'all' ? 'what was said before' : 'that stay'} can still be read` }] : []),
    ...(end ? [{ n: end.n, at: end.at, what: end.type }] : []),
  ];
  return {
    userId, joinedN: stay.joined_n, role: roleAt(person, fromN), fromN, fromAt: fromN === n ? at : stay.joined_at, because: fromN === n ? 'posted' : 'joined',
    untilN: end?.n ?? null, untilAt: end?.at ?? null, ended: end === null ? null : end === redaction ? 'redacted' : 'room-deleted',
    // The first text is shown until an edit replaces it; edits are listed to whoever reads as far as they lie.
    versions: [...((edits[0]?.n ?? Infinity) > fromN ? [n] : []), ...edits.map((edit) => edit.n).filter((edit) => edit <= reach)],
    proof,
  };
}
