import { z } from 'zod';
import { type CommandOf, defineCommand } from '../envelope/define.ts';
import { RoomId, UserId } from '../ids.ts';
import { HistoryRule, MemberRole, RoomName, RoomTopic } from './events.ts';
import { groupMembersAtCreationMax } from './limits.ts';

const kind = 'room' as const;
const roomId = RoomId;

export const createRoom = defineCommand('create-room', {
  kind, alone: true, content: ['name', 'topic'], summary: 'Make a group, public or private room; the caller becomes its owner.',
  route: { method: 'POST', path: '/v1/rooms' },
  body: z.strictObject({
    roomId, kind: z.enum(['group', 'public', 'private']), name: RoomName, topic: RoomTopic.optional(),
    history: HistoryRule.default('all'), members: z.array(UserId).max(groupMembersAtCreationMax).default([]),
  }),
});
/** The gateway computes `roomId` = `d-` + HMAC-SHA256(ws, sorted pair), so both sides always meet in the same room. */
export const createDirectRoom = defineCommand('create-direct-room', {
  kind, alone: true, summary: 'Open the direct room with another person; repeating it answers the same room.',
  route: { method: 'POST', path: '/v1/direct-rooms' },
  body: z.strictObject({ roomId: RoomId.optional(), with: UserId }),
});
export const renameRoom = defineCommand('rename-room', {
  kind, content: ['name'], summary: 'Change the name of a room.', route: { method: 'PUT', path: '/v1/rooms/:roomId/name' },
  body: z.strictObject({ roomId, name: RoomName }),
});
export const setRoomTopic = defineCommand('set-room-topic', {
  kind, content: ['topic'], summary: 'Change the topic of a room; empty clears it.', route: { method: 'PUT', path: '/v1/rooms/:roomId/topic' },
  body: z.strictObject({ roomId, topic: RoomTopic }),
});
export const archiveRoom = defineCommand('archive-room', {
  kind, summary: 'Make a room read-only.', route: { method: 'POST', path: '/v1/rooms/:roomId/archive' }, body: z.strictObject({ roomId }),
});
export const unarchiveRoom = defineCommand('unarchive-room', {
  kind, summary: 'Open an archived room again.', route: { method: 'POST', path: '/v1/rooms/:roomId/unarchive' }, body: z.strictObject({ roomId }),
});
export const deleteRoom = defineCommand('delete-room', {
  kind, alone: true, summary: 'Close a room for everybody, for good.', route: { method: 'DELETE', path: '/v1/rooms/:roomId' }, body: z.strictObject({ roomId }),
});
export const joinRoom = defineCommand('join-room', {
  kind, alone: true, summary: 'Become a member: public rooms, or with an invitation.', route: { method: 'POST', path: '/v1/rooms/:roomId/join' }, body: z.strictObject({ roomId }),
});
export const leaveRoom = defineCommand('leave-room', {
  kind, alone: true, summary: 'Stop being a member.', route: { method: 'POST', path: '/v1/rooms/:roomId/leave' }, body: z.strictObject({ roomId }),
});
export const inviteMember = defineCommand('invite-member', {
  kind, summary: 'Allow a person to join.', route: { method: 'POST', path: '/v1/rooms/:roomId/invitations' },
  body: z.strictObject({ roomId, userId: UserId, role: MemberRole.exclude(['owner']).default('member') }),
});
export const removeMember = defineCommand('remove-member', {
  kind, alone: true, summary: 'Take a member out of a room.', route: { method: 'DELETE', path: '/v1/rooms/:roomId/members/:userId' },
  body: z.strictObject({ roomId, userId: UserId }),
});
export const changeMemberRole = defineCommand('change-member-role', {
  kind, summary: 'Give a member another role.', route: { method: 'PUT', path: '/v1/rooms/:roomId/members/:userId/role' },
  body: z.strictObject({ roomId, userId: UserId, role: MemberRole }),
});

export const roomCommands = [
  createRoom, createDirectRoom, renameRoom, setRoomTopic, archiveRoom, unarchiveRoom, deleteRoom,
  joinRoom, leaveRoom, inviteMember, removeMember, changeMemberRole,
] as const;
export type RoomControlCommand = CommandOf<(typeof roomCommands)[number]>;
