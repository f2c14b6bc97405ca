import type { Caller } from '@parley/contracts/envelope/caller';
import type { CommandId, MessageId, RoomId, UserId } from '@parley/contracts/ids';
import type { HistoryRule, MemberRole, RoomKind } from '@parley/contracts/rooms/events';
import { specify } from '@parley/kernel/decider/specify';
import type { PreparedRoomCommand } from './prepared.ts';
import { roomDecider } from './room.decider.ts';
import type { RoomEvent } from './room.state.ts';

/** People and things that the room's specs talk about. */
export const uuid = (number: number): string => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;
export const ann = uuid(1) as UserId;
export const bob = uuid(2) as UserId;
export const cem = uuid(3) as UserId;
export const dee = uuid(4) as UserId;
export const roomId = 'kitchen' as RoomId;
export const commandId = uuid(900) as CommandId;
export const messageId = uuid(500) as MessageId;

export const person = (userId: UserId): Caller => ({ userId, kind: 'user' });
export const guest = (userId: UserId): Caller => ({ userId, kind: 'guest' });
export const operator: Caller = { userId: 'system', kind: 'operator' };

type Fields<C> = C extends unknown ? Omit<C, 'caller' | 'id' | 'roomId'> : never;
export const by = (caller: UserId | Caller, command: Fields<PreparedRoomCommand>): PreparedRoomCommand => ({
  id: commandId, roomId, caller: typeof caller === 'string' ? person(caller) : caller, ...command,
});

export const created = (kind: RoomKind, createdBy: UserId, history: HistoryRule = 'all'): RoomEvent => ({ type: 'room.created', data: { kind, history, createdBy } });
export const joined = (userId: UserId, role: MemberRole = 'member'): RoomEvent => ({ type: 'room.member-joined', data: { userId, role } });
export const invited = (userId: UserId, role: MemberRole = 'member'): RoomEvent => ({ type: 'room.member-invited', data: { userId, role } });
export const left = (userId: UserId): RoomEvent => ({ type: 'room.member-left', data: { userId } });
export const removed = (userId: UserId): RoomEvent => ({ type: 'room.member-removed', data: { userId } });
export const roleChanged = (userId: UserId, role: MemberRole): RoomEvent => ({ type: 'room.member-role-changed', data: { userId, role } });
export const archived: RoomEvent = { type: 'room.archived', data: {} };
export const unarchived: RoomEvent = { type: 'room.unarchived', data: {} };
export const deleted: RoomEvent = { type: 'room.deleted', data: {} };
export const posted = (author: UserId, ordinal: number, id: MessageId = messageId): RoomEvent => ({
  type: 'message.posted', data: { messageId: id, author, ordinal, hasLink: false, mentions: [] },
});
export const redacted = (targetN: number, id: MessageId = messageId): RoomEvent => ({ type: 'message.redacted', data: { messageId: id, targetN } });
export const pinned = (targetN: number, id: MessageId = messageId): RoomEvent => ({ type: 'message.pinned', data: { messageId: id, targetN } });

export const given = specify(roomDecider);

/** A room of Ann's with Bob in it. */
export const publicRoom = [created('public', ann), joined(ann, 'owner'), joined(bob)];
export const privateRoom = [created('private', ann), joined(ann, 'owner'), joined(bob)];
export const groupRoom = [created('group', ann), joined(ann, 'owner'), joined(bob)];
export const directRoom = [created('direct', ann), joined(ann), joined(bob)];
