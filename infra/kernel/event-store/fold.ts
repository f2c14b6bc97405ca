import type { AggregateRef, Commit } from '@parley/contracts/envelope/commit';
import { UnknownEvent } from '@parley/contracts/registry/events';
import { BrokenChain } from './chain.ts';
import { CorruptCommit, hashOf } from './commit-codec.ts';
import { type AnyDecider, type Confirmed, emptyConfirmed, type ErasedDecider, foldCommit } from './confirmed.ts';
import type { StoredCommit } from './event-log.ts';
import { encodeState } from './state-codec.ts';

export type FoldProblem = { readonly kind: 'corrupt-commit' | 'broken-chain' | 'newer-event' | 'decider-threw'; readonly seq: number; readonly detail: string };

export type Folded = {
  readonly confirmed: Confirmed;
  readonly commits: number;
  /** Hash of state and remembered commands, the one a snapshot carries. */
  readonly stateHash: string;
  /** Why the fold stopped before the end; what was folded before it is in `confirmed`. */
  readonly problem?: FoldProblem;
};

export type FoldOptions = {
  /** Where to go on from, for example an opened snapshot; the beginning unless given. It is folded into. */
  readonly from?: Confirmed;
  /** Sees each commit after it was folded. */
  readonly onCommit?: (commit: Commit, stored: StoredCommit) => void;
};

/**
 * Folds an aggregate's commits through decoder, chain check, upcaster and decider: for verification and audit.
 * A commit that cannot be folded ends it and is reported, never thrown; errors of the iteration itself are thrown.
 */
export async function foldCommits(
  decider: AnyDecider,
  ws: string,
  aggregate: AggregateRef,
  commits: AsyncIterable<StoredCommit> | Iterable<StoredCommit>,
  { from, onCommit }: FoldOptions = {},
): Promise<Folded> {
  const erased = decider as unknown as ErasedDecider;
  const confirmed = from ?? emptyConfirmed(erased);
  let count = 0;
  let problem: FoldProblem | undefined;
  for await (const stored of commits) {
    try {
      const commit = foldCommit(confirmed, erased, ws, aggregate, stored);
      count += 1;
      onCommit?.(commit, stored);
    } catch (error) {
      problem = { kind: kindOf(error), seq: stored.seq, detail: error instanceof Error ? error.message : String(error) };
      break;
    }
  }
  return { confirmed, commits: count, stateHash: stateHashOf(confirmed), ...(problem && { problem }) };
}

/** Text of what a fold yields, equal for equal logs however they were cut into snapshot and tail. */
export function encodeFolded({ state, remembered }: Confirmed): string {
  return `{"state":${encodeState(state)},"remembered":${JSON.stringify(remembered.toRows())}}`;
}

export const stateHashOf = (confirmed: Confirmed): string => hashOf(Buffer.from(encodeFolded(confirmed)));

function kindOf(error: unknown): FoldProblem['kind'] {
  if (error instanceof UnknownEvent) return 'newer-event';
  if (error instanceof CorruptCommit) return 'corrupt-commit';
  return error instanceof BrokenChain ? 'broken-chain' : 'decider-threw';
}
