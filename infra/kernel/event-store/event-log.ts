import type { AggregateRef } from '@parley/contracts/envelope/commit';

/** A commit as it lies in the log: its exact bytes, where, and when the server stored it (milliseconds since 1970). */
export type StoredCommit = { readonly seq: number; readonly bytes: Uint8Array; readonly storedAtMs: number };

/**
 * The three ways an append can end. There is no fourth: a time-out may still land later, so it is `unknown`.
 * `conflict`: somebody else's commit is there (JetStream 10071), or one is in flight (10164).
 */
export type AppendOutcome =
  | { readonly outcome: 'stored'; readonly seq: number }
  | { readonly outcome: 'not-stored'; readonly reason: 'too-large' | 'storage-full' | 'rejected'; readonly detail: string }
  | { readonly outcome: 'conflict' }
  | { readonly outcome: 'unknown'; readonly detail: string };

/**
 * The log, as the write side needs it. Two implementations, JetStream and in memory, pass one contract suite.
 * All reads are leader reads: what is decided on must not be stale.
 */
export type EventLog = {
  /** Appends one commit if the aggregate's last sequence is `expectedSeq` (0: it has none). Never throws for the three outcomes. */
  append(aggregate: AggregateRef, expectedSeq: number, bytes: Uint8Array, headers: Readonly<Record<string, string>>): Promise<AppendOutcome>;
  /** Sequence of the aggregate's last commit, 0 for none. Throws LogUnavailable. */
  lastSeq(aggregate: AggregateRef): Promise<number>;
  /** Every commit of the aggregate after `afterSeq`, in order, to the head as the leader knows it. Throws LogUnavailable. */
  read(aggregate: AggregateRef, afterSeq: number): AsyncIterable<StoredCommit>;
  /** The commit at a sequence of this aggregate's stream, or undefined if none or another aggregate's is there. Throws LogUnavailable. */
  readAt(aggregate: AggregateRef, seq: number): Promise<StoredCommit | undefined>;
  /** Epoch of the stream that holds the aggregate. */
  epoch(aggregate: AggregateRef): Promise<string>;
};

/** The log cannot be read now; nothing was decided. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}
