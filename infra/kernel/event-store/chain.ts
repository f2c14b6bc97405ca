import type { AggregateRef, Commit } from '@parley/contracts/envelope/commit';
import { hashOf } from './commit-codec.ts';

/** The end of an aggregate's chain: last event number, last sequence, hash of the last commit's bytes, its instant. */
export type Link = { readonly n: number; readonly seq: number; readonly prev: string; readonly at: string };
export const firstLink: Link = { n: 0, seq: 0, prev: '', at: '' };

/** A commit that does not follow the one before it. Nothing may be decided on such a log. */
export class BrokenChain extends Error {
  override readonly name = 'BrokenChain';
  readonly seq: number;
  constructor(message: string, seq: number) {
    super(message);
    this.seq = seq;
  }
}

/**
 * Checks that a commit is the next of this workspace and aggregate: numbers without gap, `prev` the hash of the bytes
 * before, sequence rising. Returns the link it makes. Throws BrokenChain.
 */
export function nextLink(link: Link, ws: string, aggregate: AggregateRef, commit: Commit, bytes: Uint8Array, seq: number): Link {
  const name = `${aggregate.kind} ${aggregate.id} at sequence ${seq}`;
  if (commit.ws !== ws || commit.kind !== aggregate.kind || commit.id !== aggregate.id) throw new BrokenChain(`${name}: the commit names ${commit.ws} ${commit.kind} ${commit.id}`, seq);
  if (commit.n !== link.n + 1) throw new BrokenChain(`${name}: event ${commit.n} follows event ${link.n}`, seq);
  if (commit.prev !== link.prev) throw new BrokenChain(`${name}: the hash of the commit before is ${link.prev}, not ${commit.prev}`, seq);
  if (seq <= link.seq) throw new BrokenChain(`${name}: sequence ${link.seq} came before`, seq);
  return { n: link.n + commit.events.length, seq, prev: hashOf(bytes), at: commit.at };
}
