import { roomMembersMax } from '@parley/contracts/rooms/limits';
import { memberJoined, memberRoleChanged, roomArchived, roomCreated, roomDeleted, roomRenamed, roomTopicSet, roomUnarchived } from '@parley/contracts/rooms/events';
import type { UserId } from '@parley/contracts/ids';
import { accept, refuse } from '@parley/kernel/decider/decider';
import { getKeyed, hasKeyed } from '../keyed.ts';
import type { PreparedCreateRoom, PreparedRoomControl } from './prepared.ts';
import { caresFor, enter, enterOpen, isLastOwner, type RoomDecision } from './room.access.ts';
import type { RoomEvent, RoomState } from './room.state.ts';

type Of<T extends PreparedRoomControl['type']> = Extract<PreparedRoomControl, { type: T }>;

/** Ids of direct rooms are derived from the pair; nobody may sit on one. */
export const directRoomPrefix = 'd-';

export function createRoom(state: RoomState, command: PreparedCreateRoom): RoomDecision {
  if (command.roomId.startsWith(directRoomPrefix)) return refuse('invalid', `room ids must not begin with "${directRoomPrefix}"`);
  if (state.phase !== 'unopened') return refuse('room-exists');
  // The system is no person: what it makes belongs to the first of the members it names.
  const owner = command.caller.userId === 'system' ? command.members[0] : command.caller.userId;
  if (owner === undefined) return refuse('invalid', 'a room needs an owner: name a member');
  const others = [...new Set(command.members)].filter((member) => member !== owner);
  if (others.length + 1 > roomMembersMax) return refuse('room-full');
  const { kind, history } = command;
  return accept<RoomEvent>(
    { type: roomCreated.type, data: { kind, history, createdBy: owner } },
    { type: memberJoined.type, data: { userId: owner, role: 'owner' } },
    ...others.map((userId): RoomEvent => ({ type: memberJoined.type, data: { userId, role: 'member' } })),
  );
}

export function createDirectRoom(state: RoomState, command: Of<'create-direct-room'>): RoomDecision {
  const me = command.caller.userId;
  if (me === 'system') return refuse('forbidden');
  if (state.phase === 'deleted') return refuse('not-found');
  if (state.phase !== 'unopened') {
    const isOurs = state.kind === 'direct' && hasKeyed(state.members, me) && hasKeyed(state.members, command.with);
    return isOurs ? accept() : refuse('not-found');
  }
  const seat = (userId: UserId): RoomEvent => ({ type: memberJoined.type, data: { userId, role: 'member' } });
  return accept<RoomEvent>({ type: roomCreated.type, data: { kind: 'direct', history: 'all', createdBy: me } }, seat(me), seat(command.with));
}

/** Renaming and setting the topic: the new text itself is sealed and of no concern here. */
export function describeRoom(state: RoomState, command: Of<'rename-room'> | Of<'set-room-topic'>): RoomDecision {
  const inside = enterOpen(state, command.caller);
  if ('refused' in inside) return inside;
  if (inside.room.kind === 'direct') return refuse('direct-room-fixed');
  if (!caresFor(inside)) return refuse('forbidden');
  return accept<RoomEvent>({ type: command.type === 'rename-room' ? roomRenamed.type : roomTopicSet.type, data: {} });
}

export function archiveOrOpen(state: RoomState, command: Of<'archive-room'> | Of<'unarchive-room'>): RoomDecision {
  const inside = enter(state, command.caller);
  if ('refused' in inside) return inside;
  if (inside.room.kind === 'direct') return refuse('direct-room-fixed');
  if (inside.me.role !== 'owner') return refuse('forbidden');
  const wanted = command.type === 'archive-room' ? 'archived' : 'open';
  if (inside.room.phase === wanted) return accept();
  return accept<RoomEvent>({ type: wanted === 'archived' ? roomArchived.type : roomUnarchived.type, data: {} });
}

export function deleteRoom(state: RoomState, command: Of<'delete-room'>): RoomDecision {
  const inside = enter(state, command.caller);
  if ('refused' in inside) return inside;
  if (inside.room.kind === 'direct') return refuse('direct-room-fixed');
  if (inside.me.role !== 'owner') return refuse('forbidden');
  return accept<RoomEvent>({ type: roomDeleted.type, data: {} });
}

export function changeRole(state: RoomState, command: Of<'change-member-role'>): RoomDecision {
  const inside = enterOpen(state, command.caller);
  if ('refused' in inside) return inside;
  const { room, me } = inside;
  if (room.kind === 'direct') return refuse('direct-room-fixed');
  if (me.role !== 'owner') return refuse('forbidden');
  const member = getKeyed(room.members, command.userId);
  if (!member) return refuse('not-a-member');
  if (member.role === command.role) return accept();
  if (isLastOwner(room, member)) return refuse('last-owner');
  return accept<RoomEvent>({ type: memberRoleChanged.type, data: { userId: command.userId, role: command.role } });
}
