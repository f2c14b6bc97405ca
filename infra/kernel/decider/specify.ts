import assert from 'node:assert/strict';
import type { Decider, Decision } from './decider.ts';

/** Given events, when a command, then events or a refusal. `by` in folds is the event's `by` where it has one. */
export function specify<S, C, E extends object, R extends string>(decider: Decider<S, C, E, R>) {
  return (...given: readonly (E & { by?: string })[]) => {
    const state = given.reduce<S>((folded, { by = 'system', ...event }, index) => decider.evolve(folded, event as unknown as E, place(index + 1, by)), decider.initial);
    return {
      state,
      when(command: C) {
        const decision: Decision<E, R> = decider.decide(state, command);
        return {
          decision,
          then: (...expected: readonly E[]) => assert.deepEqual(decision, { accepted: expected }),
          thenRefused: (refusal: R) => assert.equal('refused' in decision ? decision.refused : decision, refusal),
        };
      },
    };
  };
}

const place = (n: number, by: string) => ({ n, by, at: '2026-01-01T00:00:00.000Z', commandId: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}` });
