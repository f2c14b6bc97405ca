import type { ClaimId } from '@parley/contracts/ids';
import type { ProblemCode } from '@parley/contracts/problems/codes';
import * as users from '@parley/contracts/users/events';
import { accept, type Decider, type Decision, refuse } from '@parley/kernel/decider/decider';
import type { PreparedUserCommand } from './prepared.ts';

/** A change of name under way: it ends when the claim aggregate has said whether the name was free. */
export type PendingName = { readonly claimId: ClaimId; readonly startedBy: string; readonly at: string };

export type UserState =
  | { readonly phase: 'unknown' }
  | { readonly phase: 'registering'; readonly pending: PendingName }
  /** The name was taken: the person may begin again, under another. */
  | { readonly phase: 'refused'; readonly claimId: ClaimId }
  | { readonly phase: 'registered'; readonly claimId: ClaimId; readonly pending?: PendingName; readonly refusedClaimId?: ClaimId }
  | { readonly phase: 'guest'; readonly number: number }
  | { readonly phase: 'imported'; readonly source: string }
  | { readonly phase: 'erasing' }
  | { readonly phase: 'erased' };

export type UserRefusal = Extract<ProblemCode, 'forbidden' | 'not-found' | 'user-exists' | 'rename-pending' | 'name-taken'>;
type UserDecision = Decision<users.UserEvent, UserRefusal>;
type Of<T extends PreparedUserCommand['type']> = Extract<PreparedUserCommand, { type: T }>;

export const userDecider: Decider<UserState, PreparedUserCommand, users.UserEvent, UserRefusal> = {
  initial: { phase: 'unknown' },
  stateVersion: 2,
  decide: decideUser,
  evolve: evolveUser,
};

/** True for those whom others can meet: in rooms, in invitations, in direct rooms. */
export const isPerson = (state: UserState): boolean => state.phase === 'registered' || state.phase === 'guest' || state.phase === 'imported';

function decideUser(state: UserState, command: PreparedUserCommand): UserDecision {
  switch (command.type) {
    case 'start-registration':
      return startRegistration(state, command);
    case 'finish-registration':
      return finishRegistration(state, command);
    case 'register-guest':
      if (state.phase === 'guest') return state.number === command.number ? accept() : refuse('user-exists');
      return state.phase === 'unknown' ? accept({ type: users.guestRegistered.type, data: { number: command.number } }) : refuse('user-exists');
    case 'import-user':
      if (state.phase === 'imported') return accept();
      return state.phase === 'unknown' ? accept({ type: users.userImported.type, data: { source: command.source } }) : refuse('user-exists');
    case 'rename-user':
      return renameUser(state, command);
    case 'finish-rename':
      return finishRename(state, command);
    case 'set-user-status':
      if (!isAboutSelf(command)) return refuse('forbidden');
      return state.phase === 'registered' || state.phase === 'guest' ? accept({ type: users.userStatusSet.type, data: {} }) : refuse('not-found');
    case 'start-erasure':
      return startErasure(state, command);
    case 'finish-erasure':
      return finishErasure(state, command);
  }
}

/** Only operators forget people; nobody whose name is still being claimed, as the claim would end without its person. */
function startErasure(state: UserState, { caller }: Of<'start-erasure'>): UserDecision {
  if (caller.kind !== 'operator') return refuse('forbidden');
  if (state.phase === 'erasing' || state.phase === 'erased') return accept();
  if (state.phase === 'unknown') return refuse('not-found');
  if (state.phase === 'registering' || (state.phase === 'registered' && state.pending)) return refuse('rename-pending');
  return accept({ type: users.userErasureStarted.type, data: {} });
}

function finishErasure(state: UserState, { caller }: Of<'finish-erasure'>): UserDecision {
  if (caller.kind !== 'operator') return refuse('forbidden');
  if (state.phase === 'erased') return accept();
  return state.phase === 'erasing' ? accept({ type: users.userErased.type, data: {} }) : refuse('not-found');
}

/** People change what is their own; services act for them where a process goes on. */
const isAboutSelf = ({ caller, userId }: PreparedUserCommand): boolean =>
  caller.userId === userId || caller.kind === 'operator' || caller.kind === 'system';

function startRegistration(state: UserState, { claimId }: Of<'start-registration'>): UserDecision {
  if (state.phase === 'registering') return state.pending.claimId === claimId ? accept() : refuse('rename-pending');
  if (state.phase === 'unknown' || state.phase === 'refused') return accept({ type: users.registrationStarted.type, data: { claimId } });
  return state.phase === 'registered' && state.claimId === claimId ? accept() : refuse('user-exists');
}

/**
 * `name-taken` to a claim that succeeded says that it came too late: the registration had ended without it.
 * Whoever took the claim gives it back.
 */
function finishRegistration(state: UserState, { claimId, claimed }: Of<'finish-registration'>): UserDecision {
  if (state.phase === 'registering' && state.pending.claimId === claimId) {
    return accept({ type: claimed ? users.userRegistered.type : users.registrationRefused.type, data: { claimId } });
  }
  if (state.phase === 'registered' && state.claimId === claimId) return accept();
  if (state.phase === 'refused' && state.claimId === claimId) return claimed ? refuse('name-taken') : accept();
  return refuse(state.phase === 'unknown' ? 'not-found' : 'name-taken');
}

function renameUser(state: UserState, command: Of<'rename-user'>): UserDecision {
  if (!isAboutSelf(command)) return refuse('forbidden');
  // A guest has no name of its own to change.
  if (state.phase === 'guest' || state.phase === 'imported') return refuse('forbidden');
  if (state.phase !== 'registered') return refuse('not-found');
  if (state.pending) return refuse('rename-pending');
  return accept({ type: users.renameStarted.type, data: { claimId: command.claimId } });
}

function finishRename(state: UserState, { claimId, claimed }: Of<'finish-rename'>): UserDecision {
  if (state.phase !== 'registered') return refuse('not-found');
  if (state.pending?.claimId === claimId) {
    if (!claimed) return accept({ type: users.renameRefused.type, data: { claimId } });
    // Another spelling of the same name keeps its claim.
    const released = state.claimId === claimId ? {} : { releasedClaimId: state.claimId };
    return accept({ type: users.userRenamed.type, data: { claimId, ...released } });
  }
  if (state.claimId === claimId) return accept();
  return claimed ? refuse('name-taken') : accept();
}

function evolveUser(state: UserState, event: users.UserEvent, at: { readonly at: string; readonly commandId: string }): UserState {
  switch (event.type) {
    case users.registrationStarted.type:
      return { phase: 'registering', pending: { claimId: event.data.claimId, startedBy: at.commandId, at: at.at } };
    case users.userRegistered.type:
      return { phase: 'registered', claimId: event.data.claimId };
    case users.registrationRefused.type:
      return { phase: 'refused', claimId: event.data.claimId };
    case users.guestRegistered.type:
      return { phase: 'guest', number: event.data.number };
    case users.userImported.type:
      return { phase: 'imported', source: event.data.source };
    case users.renameStarted.type:
      return state.phase === 'registered' ? { ...state, pending: { claimId: event.data.claimId, startedBy: at.commandId, at: at.at } } : state;
    case users.userRenamed.type:
      return { phase: 'registered', claimId: event.data.claimId };
    case users.renameRefused.type:
      return state.phase === 'registered' ? { phase: 'registered', claimId: state.claimId, refusedClaimId: event.data.claimId } : state;
    case users.userStatusSet.type:
      return state;
    case users.userErasureStarted.type:
      return { phase: 'erasing' };
    case users.userErased.type:
      return { phase: 'erased' };
    default:
      event satisfies never;
      return state;
  }
}
