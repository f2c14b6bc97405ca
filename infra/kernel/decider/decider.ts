/**
 * A decider: the rules of one kind of aggregate, pure (no clock, no chance, no I/O).
 * Source: J. Chassaing, "Functional Event Sourcing Decider", 2021.
 * A refusal is a value; an exception means a bug. Deciding nothing (`accept()`) is a no-op, so a repeated wish is safe.
 */
export type Decision<E, R extends string> = { readonly accepted: readonly E[] } | { readonly refused: R; readonly detail?: string };

export type Decider<S, C, E, R extends string> = {
  readonly initial: S;
  /** Bump when the shape of S changes: snapshots of another version are ignored. */
  readonly stateVersion: number;
  readonly decide: (state: S, command: C) => Decision<E, R>;
  /** Never mutates `state`. */
  readonly evolve: (state: S, event: E, at: EventPlace) => S;
};

/** What a fold may know of an event besides its facts. */
export type EventPlace = { readonly n: number; readonly by: string; readonly at: string; readonly commandId: string };

export const accept = <E>(...events: readonly E[]): { readonly accepted: readonly E[] } => ({ accepted: events });
export const refuse = <R extends string>(refused: R, detail?: string): { readonly refused: R; readonly detail?: string } =>
  detail === undefined ? { refused } : { refused, detail };
