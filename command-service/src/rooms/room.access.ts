import type { Caller } from '@parley/contracts/envelope/caller';
import type { ProblemCode } from '@parley/contracts/problems/codes';
import type { MemberRole } from '@parley/contracts/rooms/events';
import { type Decision, refuse } from '@parley/kernel/decider/decider';
import { getKeyed } from '../keyed.ts';
import type { Member, OpenRoom, RoomEvent, RoomState } from './room.state.ts';

export type RoomRefusal = Extract<
  ProblemCode,
  | 'forbidden' | 'not-found' | 'invalid' | 'room-exists' | 'room-archived' | 'room-full' | 'invitations-full' | 'last-owner'
  | 'not-a-member' | 'already-member' | 'direct-room-fixed' | 'message-redacted' | 'pins-full'
>;
export type RoomDecision = Decision<RoomEvent, RoomRefusal>;
export type Refused = { readonly refused: RoomRefusal; readonly detail?: string };

/** A caller who is a member of a room that exists. */
export type Inside = { readonly room: OpenRoom; readonly me: Member };

/**
 * Lets members in. To strangers a room that is not public answers exactly as one that does not exist,
 * so nobody learns from refusals which rooms there are.
 */
export function enter(state: RoomState, caller: Caller): Inside | Refused {
  if (state.phase === 'unopened' || state.phase === 'deleted') return refuse('not-found');
  const me = getKeyed(state.members, caller.userId);
  if (me) return { room: state, me };
  return refuse(state.kind === 'public' ? 'forbidden' : 'not-found');
}

/** Lets members into a room that is not archived. */
export function enterOpen(state: RoomState, caller: Caller): Inside | Refused {
  const inside = enter(state, caller);
  if ('refused' in inside) return inside;
  return inside.room.phase === 'archived' ? refuse('room-archived') : inside;
}

export const isModerating = (role: MemberRole): boolean => role === 'owner' || role === 'moderator';

/** Those who look after a room: owners and moderators; in a group everybody but guests. */
export function caresFor({ room, me }: Inside): boolean {
  return isModerating(me.role) || (room.kind === 'group' && me.role !== 'guest');
}

/** The two people of a direct room are equal: what members may do, both may. */
export function mayPin(inside: Inside): boolean {
  return caresFor(inside) || (inside.room.kind === 'direct' && inside.me.role !== 'guest');
}

export const isOperator = (caller: Caller): boolean => caller.kind === 'operator' || caller.kind === 'system';

/** True if the room would keep members but lose its last owner when this one goes. */
export const isLastOwner = (room: OpenRoom, member: Member): boolean => member.role === 'owner' && room.owners === 1;
