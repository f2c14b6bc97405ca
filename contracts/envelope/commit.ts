/** The kinds of aggregate. The kind is part of an aggregate's subject, so it is as frozen as an event's name. */
export type AggregateKind = 'room' | 'user' | 'claim' | 'counter' | 'reader';
export const aggregateKinds = ['room', 'user', 'claim', 'counter', 'reader'] as const satisfies readonly AggregateKind[];

/** Names one aggregate: one literal subject, one hash chain, one gap-free numbering. */
export type AggregateRef = { readonly kind: AggregateKind; readonly id: string };

/**
 * Personal content as it lies in the log. `k` names the key (`m:<person>:<yyyymm>` message in this room and month,
 * `r` texts of the room itself, `u` texts of the user), `c` is base64url of nonce ‖ ciphertext ‖ tag.
 */
export type Sealed = { readonly k: string; readonly c: string };

/** One event as stored. Its number is the commit's `n` plus its index in `events`. */
export type StoredEvent = {
  readonly type: string;
  /** Version of `data`'s shape. */
  readonly v: number;
  /** Command that caused it; every event of one command carries the same id. */
  readonly commandId: string;
  /** Who caused it: a user's id, or `system`. */
  readonly by: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly sealed?: Sealed;
  /** Keyed hash of the canonical command, on a command's first event: decides "same id, other body". */
  readonly mac?: string;
};

/** One JetStream message: everything that was decided in one turn of one aggregate. */
export type Commit = {
  /** Version of this envelope. */
  readonly v: 1;
  /** Workspace. */
  readonly ws: string;
  readonly kind: AggregateKind;
  readonly id: string;
  /** Number of the first event; the aggregate's events are 1, 2, 3 … without a gap. */
  readonly n: number;
  /** SHA-256 (base64url) of the stored bytes of the aggregate's previous commit; empty for the first. */
  readonly prev: string;
  /** ISO 8601 instant with milliseconds; never goes backwards within an aggregate. */
  readonly at: string;
  readonly events: readonly StoredEvent[];
};

/** Where a commit lies: the stream's name, its sequence there, and the stream's epoch (new after creation or restore). */
export type Position = { readonly stream: string; readonly seq: number; readonly epoch: string };
