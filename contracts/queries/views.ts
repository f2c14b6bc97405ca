import { z } from 'zod';
import { MessageId, RoomId, UserId } from '../ids.ts';
import { HistoryRule, MemberRole, RoomKind } from '../rooms/events.ts';

/** What queries answer with, and what a client's reducer keeps: folding frames into these equals asking again. */

export const UserView = z.object({
  userId: UserId,
  /** null when erased. */
  name: z.string().nullable(),
  kind: z.enum(['named', 'guest', 'imported']),
  status: z.object({ text: z.string(), emoji: z.string() }).nullable(),
}).meta({ id: 'User' });
export type UserView = z.infer<typeof UserView>;

export const ReactionView = z.object({ emoji: z.string(), users: z.array(UserId) });

export const MessageView = z.object({
  roomId: RoomId,
  messageId: MessageId,
  /** Number of the posting event in the room, and its stream sequence: together the `target` of commands. */
  n: z.int(),
  seq: z.int(),
  ordinal: z.int(),
  author: UserId,
  at: z.iso.datetime(),
  sentAt: z.iso.datetime().nullable(),
  state: z.enum(['shown', 'redacted', 'erased']),
  /** null unless `state` is `shown`. */
  text: z.string().nullable(),
  /** Number of the last event that changed this message. */
  revision: z.int(),
  editedAt: z.iso.datetime().nullable(),
  replyTo: z.object({ messageId: MessageId, n: z.int() }).nullable(),
  hasLink: z.boolean(),
  mentions: z.array(UserId),
  /** In the order in which each emoji first appeared; users in the order in which they reacted. */
  reactions: z.array(ReactionView),
  pinned: z.boolean(),
}).meta({ id: 'Message' });
export type MessageView = z.infer<typeof MessageView>;

/** What happened in a room besides messages: joins, renames … `afterOrdinal` places it in the timeline. */
export const NoteView = z.object({
  roomId: RoomId,
  n: z.int(),
  at: z.iso.datetime(),
  type: z.string(),
  by: z.string(),
  userId: UserId.nullable(),
  role: MemberRole.nullable(),
  /** New name or topic, null when erased or not one of those. */
  text: z.string().nullable(),
  afterOrdinal: z.int(),
}).meta({ id: 'Note' });
export type NoteView = z.infer<typeof NoteView>;

export const RoomView = z.object({
  roomId: RoomId,
  kind: RoomKind,
  history: HistoryRule,
  name: z.string().nullable(),
  topic: z.string().nullable(),
  createdBy: UserId,
  createdAt: z.iso.datetime(),
  archived: z.boolean(),
  members: z.int(),
  /** Number of the room's last event, and ordinal of its last message. */
  n: z.int(),
  ordinal: z.int(),
}).meta({ id: 'Room' });
export type RoomView = z.infer<typeof RoomView>;

export const MyRoomView = RoomView.extend({
  role: MemberRole,
  /** Number of the event with which the current membership began. */
  joinedN: z.int(),
  /** First ordinal that this member may read. */
  firstOrdinal: z.int(),
  /** Others' messages above the marker, visible and not redacted, capped at 1,000. */
  unread: z.int(),
  mentions: z.int(),
  /** Number up to which this person has read; 0 for nothing. */
  marker: z.int(),
  last: MessageView.nullable(),
  /** The other person of a direct room. */
  partner: UserId.nullable(),
}).meta({ id: 'MyRoom' });
export type MyRoomView = z.infer<typeof MyRoomView>;

export const MemberView = z.object({ userId: UserId, role: MemberRole, joinedAt: z.iso.datetime(), joinedN: z.int() }).meta({ id: 'Member' });
export type MemberView = z.infer<typeof MemberView>;

export const EditView = z.object({ n: z.int(), at: z.iso.datetime(), text: z.string().nullable() }).meta({ id: 'Edit' });
export type EditView = z.infer<typeof EditView>;
