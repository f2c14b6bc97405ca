import { messageEdited, messagePinned, messagePosted, messageReacted, messageRedacted, messageUnpinned, messageUnreacted } from '@parley/contracts/messages/events';
import { Poison } from '../../runner/failures.ts';
import type { PlacedEvent } from './fold.ts';
import { type ConversationRows, groupKey, messageKey, type MessageRow, reactionKey, type RoomRow } from './rows.ts';

type Posted = {
  messageId: string; author: string; ordinal: number; replyTo?: { messageId: string; n: number }; hasLink: boolean; mentions: string[];
  sentAt?: string; source?: { name: string; line: number };
};

/** Folds an event about a message. Every event that names a message becomes its revision. */
export function foldMessageEvent(rows: ConversationRows, room: RoomRow, event: PlacedEvent): void {
  if (event.type === messagePosted.type) return post(rows, room, event);
  const message = rows.messages.get(messageKey(event.roomId, event.data['targetN'] as number));
  if (!message || message.message_id !== event.data['messageId']) throw new Poison('no-message', `${event.type} at ${event.n} names no message of the room`);
  message.revision = event.n;
  rows.changed.add(messageKey(event.roomId, message.n));
  switch (event.type) {
    case messageEdited.type: return edit(rows, message, event);
    case messageRedacted.type: return redact(rows, message, event);
    case messageReacted.type: return react(rows, message, event);
    case messageUnreacted.type: return unreact(rows, message, event);
    case messagePinned.type: message.pinned_n = event.n; return;
    case messageUnpinned.type: message.pinned_n = null; return;
    default: throw new Poison('unfolded', event.type);
  }
}

function post(rows: ConversationRows, room: RoomRow, { roomId, n, at, seq, data, content }: PlacedEvent): void {
  const { messageId, author, ordinal, replyTo, hasLink, mentions, sentAt, source } = data as Posted;
  const text = typeof content?.['text'] === 'string' ? content['text'] : null;
  const message: MessageRow = {
    room_id: roomId, n, at_month: monthOf(at), ordinal, message_id: messageId, seq, author, at, sent_at: sentAt ?? null,
    state: text === null ? 'erased' : 'shown', text, revision: n, edited_at: null, reply_id: replyTo?.messageId ?? null, reply_n: replyTo?.n ?? null,
    has_link: hasLink, mentions, pinned_n: null, source_name: source?.name ?? null, source_line: source?.line ?? null,
    redacted_by: null, redacted_at: null,
  };
  const key = messageKey(roomId, n);
  rows.messages.set(key, message);
  rows.posted.add(key);
  room.ordinal = ordinal;
  room.active_at = at;
  if (mentions.length > 0) replaceMentions(rows, message);
}

function edit(rows: ConversationRows, message: MessageRow, { roomId, n, at, data, content }: PlacedEvent): void {
  if (message.state === 'redacted') return;
  const text = typeof content?.['text'] === 'string' ? content['text'] : null;
  // The first text is kept as a version of its own: who left before an edit may read what was there before it.
  if (message.edited_at === null) rows.edits.push({ room_id: roomId, message_n: message.n, n: message.n, at: message.at, text: message.text });
  message.text = text;
  message.state = text === null ? 'erased' : 'shown';
  message.edited_at = at;
  message.has_link = data['hasLink'] as boolean;
  message.mentions = data['mentions'] as string[];
  rows.edits.push({ room_id: roomId, message_n: message.n, n, at, text });
  replaceMentions(rows, message);
}

function redact(rows: ConversationRows, message: MessageRow, { by, at }: PlacedEvent): void {
  // Nothing redacted stays pinned, or tells what was in it.
  message.state = 'redacted';
  message.redacted_by ??= by;
  message.redacted_at ??= at;
  message.text = null;
  message.pinned_n = null;
  message.has_link = false;
  message.mentions = [];
  for (const edited of rows.edits) if (edited.room_id === message.room_id && edited.message_n === message.n) edited.text = null;
  rows.redacted.add(messageKey(message.room_id, message.n));
  replaceMentions(rows, message);
}

function replaceMentions(rows: ConversationRows, { room_id, n, author, mentions }: MessageRow): void {
  const people = [...new Set(mentions)];
  rows.mentions.set(messageKey(room_id, n), people.map((user_id) => ({ user_id, room_id, message_n: n, author })));
}

function react(rows: ConversationRows, message: MessageRow, { roomId, n, by, data }: PlacedEvent): void {
  const emoji = data['emoji'] as string;
  const key = reactionKey(roomId, message.n, by, emoji);
  if (rows.reactions.has(key)) return;
  const group = groupOf(rows, message, emoji);
  if (group.count === 0) group.sinceN = n;
  group.count += 1;
  rows.reactions.set(key, n);
  rows.addedReactions.set(key, { room_id: roomId, message_n: message.n, emoji, user_id: by, n, since_n: group.sinceN });
}

function unreact(rows: ConversationRows, message: MessageRow, { roomId, by, data }: PlacedEvent): void {
  const emoji = data['emoji'] as string;
  const key = reactionKey(roomId, message.n, by, emoji);
  if (!rows.reactions.delete(key)) return;
  groupOf(rows, message, emoji).count -= 1;
  rows.addedReactions.delete(key);
  rows.removedReactions.set(key, { room_id: roomId, message_n: message.n, emoji, user_id: by });
}

function groupOf(rows: ConversationRows, message: MessageRow, emoji: string) {
  const key = groupKey(message.room_id, message.n, emoji);
  let group = rows.groups.get(key);
  if (!group) rows.groups.set(key, (group = { count: 0, sinceN: 0 }));
  return group;
}

/** First day of the month of an instant, by UTC: what messages are partitioned by. */
export const monthOf = (at: string): string => `${at.slice(0, 7)}-01`;
