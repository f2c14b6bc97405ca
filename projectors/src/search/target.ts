import type { SearchDocument } from '@parley/kernel/search/document';

/** How far an index is on one stream: everything up to `seq` of the log of this epoch is in it. */
export type Position = { readonly seq: number; readonly epoch: string };

/** Documents of the commits between two positions of a stream. */
export type PutBatch = {
  readonly stream: string;
  readonly epoch: string;
  readonly from: number;
  /** The same as `from`: there is more to come before the position may move. */
  readonly to: number;
  readonly documents: readonly SearchDocument[];
  /** Just said: somebody may look for it before the index shows it by itself, so it was shown before it is put. */
  readonly live: boolean;
};

/**
 * Where documents go. A document replaces one of the same message unless that has a higher version, so that putting
 * what was put, or what is old, changes nothing; the position moves only after its documents are kept.
 */
export type SearchTarget = {
  /** Names its lanes and positions; `postgres` and `opensearch` are those that searches are answered from. */
  readonly name: string;
  /** The position as the index itself keeps it; undefined for a stream that it never saw, whose log is of this epoch. Rejects while it is away. */
  position(stream: string, epoch: string): Promise<Position | undefined>;
  /** Makes what was just said findable at once where the index itself takes its time; it is put later all the same. */
  show?(batch: PutBatch): Promise<void>;
  /** Puts all of a batch and moves the position. Rejects with Fenced when the position is not `from`, with anything else when it should be tried again. */
  put(batch: PutBatch): Promise<void>;
  /** False: the index is not as this process left it, so the lane has to ask for its position again. */
  isCurrent(stream: string, seq: number): Promise<boolean>;
  [Symbol.asyncDispose](): Promise<void>;
};
