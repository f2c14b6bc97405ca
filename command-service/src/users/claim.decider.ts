import type { ProblemCode } from '@parley/contracts/problems/codes';
import { type ClaimEvent, claimReleased, claimTaken } from '@parley/contracts/claims/events';
import { accept, type Decider, refuse } from '@parley/kernel/decider/decider';
import type { PreparedClaimCommand } from './prepared.ts';

/** A name that one person holds, or nobody. It never expires: only its owner's process gives it back. */
export type ClaimState = { readonly owner?: string };
export type ClaimRefusal = Extract<ProblemCode, 'name-taken'>;

export const claimDecider: Decider<ClaimState, PreparedClaimCommand, ClaimEvent, ClaimRefusal> = {
  initial: {},
  stateVersion: 1,
  decide(state, { type, userId }) {
    switch (type) {
      case 'take-claim':
        if (state.owner === userId) return accept();
        return state.owner === undefined ? accept({ type: claimTaken.type, data: { userId } }) : refuse('name-taken');
      case 'release-claim':
        // A late release by an earlier owner must not free the present owner's name.
        return state.owner === userId ? accept({ type: claimReleased.type, data: { userId } }) : accept();
    }
  },
  evolve(_state, event) {
    switch (event.type) {
      case claimTaken.type:
        return { owner: event.data.userId };
      case claimReleased.type:
        return {};
    }
  },
};
