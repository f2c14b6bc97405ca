import type { ParsedQuery } from '@parley/kernel/search/parse-query';

/** Events `fromN` to `toN` of a room may be found, both included. */
export type Scope = { readonly roomId: string; readonly fromN: number; readonly toN: number };

/** What is looked for, and where it may be found: nothing outside `scopes`. Times in milliseconds since 1970. */
export type Sought = {
  readonly query: ParsedQuery;
  readonly scopes: readonly Scope[];
  readonly author?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly hasLink?: boolean | undefined;
  readonly replyTo?: string | undefined;
};

/** Where a message stands in the order of all: by when it was said, then room, then number. */
export type Place = { readonly said: number; readonly room: string; readonly n: number };

/** A message that an index holds a match of, as it was when it was indexed. */
export type Candidate = Place & { readonly version: number; readonly words: string };

/** An index of messages, whatever it is made of. It only names candidates: what is shown of them is read from the rows. */
export type SearchIndex = {
  readonly name: 'postgres' | 'opensearch';
  /** The newest `limit` matches below a place, newest first. Rejects with the problems search-unavailable and overloaded. */
  find(sought: Sought, below: Place | undefined, limit: number): Promise<readonly Candidate[]>;
  /** Why it is not asked at the moment, or undefined. */
  trouble(): string | undefined;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Negative: `a` comes first, being newer. */
export function compareNewest(a: Place, b: Place): number {
  if (a.said !== b.said) return b.said - a.said;
  if (a.room !== b.room) return a.room < b.room ? 1 : -1;
  return b.n - a.n;
}
