import type { SearchHit } from '@parley/contracts/queries/search';
import { scoreOf } from '@parley/kernel/search/rank';
import type { SearchPage } from './page.ts';
import { type Candidate, compareNewest, type Place, type SearchIndex, type Sought } from './search-index.ts';

/** So many of the newest matches are compared with each other; then the next so many. */
export const windowMax = 200;
const roundsMax = 5;

export type SearchRun = {
  readonly index: Pick<SearchIndex, 'find'>;
  readonly sought: Sought;
  /** What is shown of candidates, in their order: undefined for those that are not what they were, or may not be seen. */
  readonly show: (candidates: readonly Candidate[]) => Promise<readonly (SearchHit | undefined)[]>;
  readonly limit: number;
};

export type SearchResult = { readonly hits: SearchHit[]; readonly next: SearchPage | undefined };

/** The newest hits below a place. */
export async function searchNewest({ index, sought, show, limit }: SearchRun, from: Place | undefined): Promise<SearchResult> {
  const hits: SearchHit[] = [];
  const asked = limit + 5;
  let last = from;
  for (let round = 0; round < roundsMax; round += 1) {
    const candidates = await index.find(sought, last, asked);
    const taken = await take(candidates, show, limit - hits.length);
    hits.push(...taken.hits);
    last = taken.last ?? last;
    if (taken.left === 0 && candidates.length < asked) return { hits, next: undefined };
    if (hits.length === limit) break;
  }
  return { hits, next: last && { order: 'newest', last } };
}

/** The best hits of the newest matches, then of those below. What comes in meanwhile shifts no page: a window keeps its top. */
export async function searchBest({ index, sought, show, limit }: SearchRun, from: Extract<SearchPage, { order: 'best' }> | undefined): Promise<SearchResult> {
  const hits: SearchHit[] = [];
  let top = from?.top;
  let after = from?.last;
  for (let round = 0; round < roundsMax; round += 1) {
    const candidates = await index.find(sought, top && { ...top, n: top.n + 1 }, windowMax);
    if (candidates.length === 0) return { hits, next: undefined };
    const newest = candidates[0]!;
    top ??= { said: newest.said, room: newest.room, n: newest.n };
    const begin: Place = top;
    const ranked = candidates.map((candidate) => ({ ...candidate, score: scoreOf(sought.query, candidate.words, begin.said - candidate.said) })).sort(compareBest);
    const rest = after === undefined ? ranked : ranked.filter((candidate) => compareBest({ score: after!.score, ...after!.place }, candidate) < 0);
    const taken = await take(rest, show, limit - hits.length);
    hits.push(...taken.hits);
    const isLast = candidates.length < windowMax;
    if (taken.left === 0 && isLast) return { hits, next: undefined };
    const oldest = candidates.at(-1)!;
    const below: Place = { said: oldest.said, room: oldest.room, n: oldest.n - 1 };
    if (hits.length === limit) {
      if (taken.left === 0) return { hits, next: { order: 'best', top: below, last: undefined } };
      const { score, said, room, n } = taken.last!;
      return { hits, next: { order: 'best', top: begin, last: { score, place: { said, room, n } } } };
    }
    top = below;
    after = undefined;
  }
  return { hits, next: top && { order: 'best', top, last: undefined } };
}

function compareBest(a: Place & { readonly score: number }, b: Place & { readonly score: number }): number {
  return b.score - a.score || compareNewest(a, b);
}

/** Shows candidates in order until there are `wanted` hits. `last`: the last one that was looked at; `left`: how many were not. */
async function take<C extends Candidate>(candidates: readonly C[], show: SearchRun['show'], wanted: number): Promise<{ readonly hits: SearchHit[]; readonly last: C | undefined; readonly left: number }> {
  const hits: SearchHit[] = [];
  let at = 0;
  while (at < candidates.length && hits.length < wanted) {
    const chunk = candidates.slice(at, at + wanted - hits.length);
    for (const hit of await show(chunk)) if (hit) hits.push(hit);
    at += chunk.length;
  }
  return { hits, last: candidates[at - 1], left: candidates.length - at };
}
