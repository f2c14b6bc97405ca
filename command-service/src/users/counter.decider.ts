import { type CounterEvent, counterIncremented } from '@parley/contracts/claims/events';
import { accept, type Decider } from '@parley/kernel/decider/decider';
import type { PreparedCounterCommand } from './prepared.ts';

/** Numbers handed out so far. One event per number, so that the answer's `n` is the number. */
export type CounterState = { readonly value: number };

export const counterDecider: Decider<CounterState, PreparedCounterCommand, CounterEvent, never> = {
  initial: { value: 0 },
  stateVersion: 1,
  decide: (state, { userId }) => accept({ type: counterIncremented.type, data: { value: state.value + 1, userId } }),
  evolve: (_state, event) => ({ value: event.data.value }),
};
