import { z } from 'zod';
import { defineEvent, type EventOf } from '../envelope/define.ts';
import { UserId } from '../ids.ts';
import { storableLine } from '../text.ts';
import { roomNameCharsMax, roomTopicCharsMax } from './limits.ts';

export const RoomKind = z.enum(['direct', 'group', 'public', 'private']);
export type RoomKind = z.infer<typeof RoomKind>;
export const MemberRole = z.enum(['owner', 'moderator', 'member', 'guest']);
export type MemberRole = z.infer<typeof MemberRole>;
/** What a member may read: everything, or what was said since they joined. Fixed when the room is made. */
export const HistoryRule = z.enum(['all', 'since-join']);
export type HistoryRule = z.infer<typeof HistoryRule>;

export const RoomName = storableLine(roomNameCharsMax);
export const RoomTopic = storableLine(roomTopicCharsMax, 0);

export const roomCreated = defineEvent(
  'room.created',
  2,
  z.object({ kind: RoomKind, history: HistoryRule, createdBy: UserId }),
  z.object({ name: RoomName.optional(), topic: RoomTopic.optional() }),
);
export const roomRenamed = defineEvent('room.renamed', 1, z.object({}), z.object({ name: RoomName }));
export const roomTopicSet = defineEvent('room.topic-set', 1, z.object({}), z.object({ topic: RoomTopic }));
export const roomArchived = defineEvent('room.archived', 1, z.object({}));
export const roomUnarchived = defineEvent('room.unarchived', 1, z.object({}));
export const roomDeleted = defineEvent('room.deleted', 1, z.object({}));
export const memberInvited = defineEvent('room.member-invited', 1, z.object({ userId: UserId, role: MemberRole }));
export const memberJoined = defineEvent('room.member-joined', 1, z.object({ userId: UserId, role: MemberRole }));
export const memberLeft = defineEvent('room.member-left', 1, z.object({ userId: UserId }));
export const memberRemoved = defineEvent('room.member-removed', 1, z.object({ userId: UserId }));
export const memberRoleChanged = defineEvent('room.member-role-changed', 1, z.object({ userId: UserId, role: MemberRole }));

export const roomEvents = [
  roomCreated, roomRenamed, roomTopicSet, roomArchived, roomUnarchived, roomDeleted,
  memberInvited, memberJoined, memberLeft, memberRemoved, memberRoleChanged,
] as const;
export type RoomControlEvent = EventOf<(typeof roomEvents)[number]>;

/** Events after which somebody may see more or less than before. */
export const visibilityEvents: ReadonlySet<string> = new Set([
  roomCreated.type, roomDeleted.type, memberJoined.type, memberLeft.type, memberRemoved.type,
]);
