import type { MessageRow } from '@parley/projectors/projections/conversations/rows';
import type { Mark, RoomFold } from './room-fold.ts';

export type PastMember = { readonly userId: string; readonly role: string; readonly joinedN: number; readonly joinedAt: string };
export type PastReaction = { readonly emoji: string; readonly users: readonly string[] };

/** One message as it was. `textN` is the event that holds its text of then; null when there was none any more. */
export type PastMessage = {
  readonly n: number; readonly ordinal: number; readonly messageId: string; readonly author: string; readonly at: string; readonly sentAt: string | null;
  readonly state: 'shown' | 'redacted'; readonly textN: number | null; readonly editedAt: string | null; readonly replyTo: number | null;
  readonly reactions: readonly PastReaction[]; readonly pinned: boolean;
  /** The event that redacted it after the point. */
  readonly redactedLater: Mark | null;
  /** Numbers of the events that gave it another text after the point. */
  readonly editedLater: readonly number[];
};

/** A room as it was after one event. Names and topics are numbers of the events that hold them. */
export type PastRoom = {
  readonly roomId: string; readonly n: number; readonly at: string; readonly kind: string; readonly history: string;
  readonly createdBy: string; readonly createdAt: string; readonly state: 'open' | 'archived' | 'deleted';
  readonly nameN: number | null; readonly topicN: number | null;
  readonly members: readonly PastMember[];
  /** Numbers of the pinned messages, in the order of pinning. */
  readonly pins: readonly number[];
  /** How many messages there were, and the newest of them, ascending. */
  readonly ordinal: number; readonly messages: readonly PastMessage[];
};

/** What a folded room looked like, with its `messagesMax` newest messages. Undefined if it was not made by then. */
export function pastRoom(fold: RoomFold, messagesMax: number): PastRoom | undefined {
  const { room } = fold;
  if (!room) return undefined;
  const all = fold.messages();
  const reactions = reactionsOf(fold);
  return {
    roomId: room.room_id, n: fold.end.n, at: fold.end.at, kind: room.kind, history: room.history, createdBy: room.created_by, createdAt: room.created_at,
    state: room.deleted_n !== null ? 'deleted' : room.archived ? 'archived' : 'open',
    nameN: pointer(room.name), topicN: pointer(room.topic),
    members: fold.stays().filter(({ left_n }) => left_n === null).map(({ user_id, role, joined_n, joined_at }) => ({ userId: user_id, role, joinedN: joined_n, joinedAt: joined_at })),
    pins: all.filter(({ pinned_n }) => pinned_n !== null).toSorted((left, right) => (left.pinned_n ?? 0) - (right.pinned_n ?? 0)).map(({ n }) => n),
    ordinal: room.ordinal,
    messages: (messagesMax > 0 ? all.slice(-messagesMax) : []).map((row) => pastMessage(fold, row, reactions.get(row.n) ?? [])),
  };
}

function pastMessage(fold: RoomFold, row: MessageRow, reactions: readonly PastReaction[]): PastMessage {
  const redaction = fold.redactions.get(row.n);
  return {
    n: row.n, ordinal: row.ordinal, messageId: row.message_id, author: row.author, at: row.at, sentAt: row.sent_at,
    state: row.state === 'redacted' ? 'redacted' : 'shown', textN: pointer(row.text), editedAt: row.edited_at, replyTo: row.reply_n,
    reactions, pinned: row.pinned_n !== null,
    redactedLater: redaction && redaction.n > fold.end.n ? redaction : null,
    editedLater: (fold.edits.get(row.n) ?? []).map(({ n }) => n).filter((n) => n > fold.end.n),
  };
}

/** Emojis in the order in which they appeared on a message, people in the order in which they reacted: as queries answer. */
function reactionsOf({ rows }: RoomFold): Map<number, PastReaction[]> {
  type Group = { sinceN: number; users: { n: number; userId: string }[] };
  const groups = new Map<number, Map<string, Group>>();
  for (const { message_n, emoji, user_id, n, since_n } of rows.addedReactions.values()) {
    const ofMessage = groups.get(message_n) ?? new Map<string, Group>();
    groups.set(message_n, ofMessage);
    const group: Group = ofMessage.get(emoji) ?? { sinceN: since_n, users: [] };
    ofMessage.set(emoji, group);
    group.sinceN = Math.min(group.sinceN, since_n);
    group.users.push({ n, userId: user_id });
  }
  return new Map([...groups].map(([n, ofMessage]) => [
    n,
    [...ofMessage].toSorted(([, left], [, right]) => left.sinceN - right.sinceN)
      .map(([emoji, { users }]) => ({ emoji, users: users.toSorted((left, right) => left.n - right.n).map(({ userId }) => userId) })),
  ]));
}

const pointer = (text: string | null): number | null => (text === null ? null : Number(text));
