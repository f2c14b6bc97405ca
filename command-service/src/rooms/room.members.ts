import type { UserId } from '@parley/contracts/ids';
import { roomInvitationsMax, roomMembersMax } from '@parley/contracts/rooms/limits';
import { memberInvited, memberJoined, memberLeft, memberRemoved, type MemberRole } from '@parley/contracts/rooms/events';
import { accept, refuse } from '@parley/kernel/decider/decider';
import { getKeyed, hasKeyed } from '../keyed.ts';
import type { PreparedRoomControl } from './prepared.ts';
import { caresFor, enter, enterOpen, type Inside, isLastOwner, isModerating, type Refused, type RoomDecision } from './room.access.ts';
import type { OpenRoom, RoomEvent, RoomState } from './room.state.ts';

type Of<T extends PreparedRoomControl['type']> = Extract<PreparedRoomControl, { type: T }>;

export function joinRoom(state: RoomState, { caller }: Of<'join-room'>): RoomDecision {
  if (state.phase === 'unopened' || state.phase === 'deleted' || caller.userId === 'system') return refuse('not-found');
  // Joining twice is a no-op, so a repeated wish is safe.
  if (hasKeyed(state.members, caller.userId)) return accept();
  const invited = getKeyed(state.invitations, caller.userId);
  if (invited === undefined && state.kind !== 'public') return refuse('not-found');
  if (state.phase === 'archived') return refuse('room-archived');
  if (state.members.size >= roomMembersMax) return refuse('room-full');
  const role = roleOnJoining(state, caller.kind === 'guest', invited);
  if (typeof role !== 'string') return role;
  return accept<RoomEvent>({ type: memberJoined.type, data: { userId: caller.userId, role } });
}

/** Whoever comes into an empty room owns it: a room with members never lacks an owner. Guests can't own one. */
function roleOnJoining(room: OpenRoom, isGuest: boolean, invited: MemberRole | undefined): MemberRole | Refused {
  if (room.owners === 0) return isGuest ? refuse('forbidden', 'the room has no owner yet') : 'owner';
  return isGuest ? 'guest' : (invited ?? 'member');
}

export function leaveRoom(state: RoomState, { caller }: Of<'leave-room'>): RoomDecision {
  const inside = enter(state, caller);
  if ('refused' in inside) return inside;
  const { room, me } = inside;
  if (room.kind === 'direct') return refuse('direct-room-fixed');
  if (isLastOwner(room, me) && room.members.size > 1) return refuse('last-owner');
  return accept<RoomEvent>({ type: memberLeft.type, data: { userId: caller.userId as UserId } });
}

export function inviteMember(state: RoomState, command: Of<'invite-member'>): RoomDecision {
  const inside = enterOpen(state, command.caller);
  if ('refused' in inside) return inside;
  const { room } = inside;
  if (room.kind === 'direct') return refuse('direct-room-fixed');
  if (!mayInviteAs(inside, command.role)) return refuse('forbidden');
  if (hasKeyed(room.members, command.userId)) return refuse('already-member');
  const pending = getKeyed(room.invitations, command.userId);
  if (pending === command.role) return accept();
  if (pending === undefined && room.invitations.size >= roomInvitationsMax) return refuse('invitations-full');
  return accept<RoomEvent>({ type: memberInvited.type, data: { userId: command.userId, role: command.role } });
}

/** Nobody hands out more than they could give otherwise: only owners make moderators. */
function mayInviteAs(inside: Inside, role: MemberRole): boolean {
  return role === 'moderator' ? inside.me.role === 'owner' : caresFor(inside);
}

/** Removing also takes back an invitation, so that the removed person cannot walk in again. */
export function removeMember(state: RoomState, { caller, userId }: Of<'remove-member'>): RoomDecision {
  const inside = enterOpen(state, caller);
  if ('refused' in inside) return inside;
  const { room, me } = inside;
  if (room.kind === 'direct') return refuse('direct-room-fixed');
  if (!isModerating(me.role)) return refuse('forbidden');
  const member = getKeyed(room.members, userId);
  if (!member && !hasKeyed(room.invitations, userId)) return refuse('not-a-member');
  if (member && me.role === 'moderator' && isModerating(member.role)) return refuse('forbidden');
  if (member && isLastOwner(room, member) && room.members.size > 1) return refuse('last-owner');
  return accept<RoomEvent>({ type: memberRemoved.type, data: { userId } });
}
