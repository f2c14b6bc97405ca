import type { Decider } from '@parley/kernel/decider/decider';
import type { PreparedRoomCommand } from './prepared.ts';
import type { RoomDecision, RoomRefusal } from './room.access.ts';
import { archiveOrOpen, changeRole, createDirectRoom, createRoom, deleteRoom, describeRoom } from './room.control.ts';
import { inviteMember, joinRoom, leaveRoom, removeMember } from './room.members.ts';
import { editMessage, importMessages, pinOrUnpin, postMessage, reactOrUnreact, redactMessage } from './room.messages.ts';
import { evolveRoom, initialRoom, type RoomEvent, type RoomState } from './room.state.ts';

/** Members and messages share one log, because a removal must order against a post. */
export const roomDecider: Decider<RoomState, PreparedRoomCommand, RoomEvent, RoomRefusal> = {
  initial: initialRoom,
  stateVersion: 1,
  decide: decideRoom,
  evolve: evolveRoom,
};

function decideRoom(state: RoomState, command: PreparedRoomCommand): RoomDecision {
  switch (command.type) {
    case 'post-message':
      return postMessage(state, command);
    case 'edit-message':
      return editMessage(state, command);
    case 'redact-message':
      return redactMessage(state, command);
    case 'react':
    case 'unreact':
      return reactOrUnreact(state, command);
    case 'pin-message':
    case 'unpin-message':
      return pinOrUnpin(state, command);
    case 'import-messages':
      return importMessages(state, command);
    case 'create-room':
      return createRoom(state, command);
    case 'create-direct-room':
      return createDirectRoom(state, command);
    case 'rename-room':
    case 'set-room-topic':
      return describeRoom(state, command);
    case 'archive-room':
    case 'unarchive-room':
      return archiveOrOpen(state, command);
    case 'delete-room':
      return deleteRoom(state, command);
    case 'join-room':
      return joinRoom(state, command);
    case 'leave-room':
      return leaveRoom(state, command);
    case 'invite-member':
      return inviteMember(state, command);
    case 'remove-member':
      return removeMember(state, command);
    case 'change-member-role':
      return changeRole(state, command);
  }
}
