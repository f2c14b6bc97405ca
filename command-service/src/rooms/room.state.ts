import { messageEdited, messagePinned, messagePosted, messageReacted, messageRedacted, messageUnpinned, messageUnreacted, type MessageEvent } from '@parley/contracts/messages/events';
import * as rooms from '@parley/contracts/rooms/events';
import type { EventPlace } from '@parley/kernel/decider/decider';
import { deleteKeyed, emptyKeyed, getKeyed, type Keyed, setKeyed } from '../keyed.ts';

export type RoomEvent = rooms.RoomControlEvent | MessageEvent;
export type Member = { readonly role: rooms.MemberRole; readonly joinedN: number };

/** A room that exists. Nothing in it is personal content: it may lie in a snapshot. */
export type OpenRoom = {
  readonly phase: 'open' | 'archived';
  readonly kind: rooms.RoomKind;
  readonly history: rooms.HistoryRule;
  readonly createdBy: string;
  readonly members: Keyed<Member>;
  /** How many of the members are owners, so that the last one is known without counting. */
  readonly owners: number;
  readonly invitations: Keyed<rooms.MemberRole>;
  /** Messages so far: the next message's ordinal is one more. */
  readonly ordinal: number;
  readonly redacted: Keyed<true>;
  readonly pins: readonly string[];
  /** Highest line imported, per source. */
  readonly imported: Keyed<number>;
};

export type RoomState = { readonly phase: 'unopened' } | OpenRoom | { readonly phase: 'deleted' };

export const initialRoom: RoomState = { phase: 'unopened' };

export function evolveRoom(state: RoomState, event: RoomEvent, at: EventPlace): RoomState {
  if (event.type === rooms.roomCreated.type) return created(event.data);
  // Nothing follows a deletion, and nothing precedes a creation.
  if (state.phase === 'unopened' || state.phase === 'deleted') return state;
  switch (event.type) {
    case messagePosted.type:
      return posted(state, event.data);
    case messageRedacted.type:
      return { ...state, redacted: setKeyed(state.redacted, event.data.messageId, true), pins: without(state.pins, event.data.messageId) };
    case messagePinned.type:
      return { ...state, pins: [...without(state.pins, event.data.messageId), event.data.messageId] };
    case messageUnpinned.type:
      return { ...state, pins: without(state.pins, event.data.messageId) };
    case messageEdited.type:
    case messageReacted.type:
    case messageUnreacted.type:
    case rooms.roomRenamed.type:
    case rooms.roomTopicSet.type:
      return state;
    case rooms.roomArchived.type:
      return { ...state, phase: 'archived' };
    case rooms.roomUnarchived.type:
      return { ...state, phase: 'open' };
    case rooms.roomDeleted.type:
      return { phase: 'deleted' };
    case rooms.memberInvited.type:
      return { ...state, invitations: setKeyed(state.invitations, event.data.userId, event.data.role) };
    case rooms.memberJoined.type:
      return seated(state, event.data.userId, { role: event.data.role, joinedN: at.n });
    case rooms.memberRoleChanged.type: {
      const member = getKeyed(state.members, event.data.userId);
      return member ? seated(state, event.data.userId, { ...member, role: event.data.role }) : state;
    }
    case rooms.memberLeft.type:
    case rooms.memberRemoved.type:
      return gone(state, event.data.userId);
    default:
      event satisfies never;
      return state;
  }
}

function created({ kind, history, createdBy }: { kind: rooms.RoomKind; history: rooms.HistoryRule; createdBy: string }): OpenRoom {
  return {
    phase: 'open', kind, history, createdBy,
    members: emptyKeyed(), owners: 0, invitations: emptyKeyed(),
    ordinal: 0, redacted: emptyKeyed(), pins: [], imported: emptyKeyed(),
  };
}

function posted(state: OpenRoom, { ordinal, source }: { ordinal: number; source?: { name: string; line: number } | undefined }): OpenRoom {
  if (source === undefined) return { ...state, ordinal };
  const line = Math.max(source.line, getKeyed(state.imported, source.name) ?? -1);
  return { ...state, ordinal, imported: setKeyed(state.imported, source.name, line) };
}

function seated(state: OpenRoom, userId: string, member: Member): OpenRoom {
  const before = getKeyed(state.members, userId)?.role === 'owner' ? 1 : 0;
  const after = member.role === 'owner' ? 1 : 0;
  return {
    ...state,
    members: setKeyed(state.members, userId, member),
    owners: state.owners - before + after,
    invitations: deleteKeyed(state.invitations, userId),
  };
}

function gone(state: OpenRoom, userId: string): OpenRoom {
  const wasOwner = getKeyed(state.members, userId)?.role === 'owner';
  return {
    ...state,
    members: deleteKeyed(state.members, userId),
    owners: wasOwner ? state.owners - 1 : state.owners,
    invitations: deleteKeyed(state.invitations, userId),
  };
}

const without = (ids: readonly string[], id: string): readonly string[] => (ids.includes(id) ? ids.filter((other) => other !== id) : ids);
