import { invalid } from '../problem-error.ts';
import type { Place } from './search-index.ts';

/** Where a list of hits goes on. `newest`: below the last place. `best`: within the window that begins at `top`, after a score. */
export type SearchPage =
  | { readonly order: 'newest'; readonly last: Place }
  | { readonly order: 'best'; readonly top: Place; readonly last: { readonly score: number; readonly place: Place } | undefined };

const flat = ({ said, room, n }: Place): [number, string, number] => [said, room, n];

/** One opaque token of at most 300 characters. */
export function encodeSearchPage(page: SearchPage): string {
  const parts = page.order === 'newest' ? ['n', ...flat(page.last)] : ['b', ...flat(page.top), ...(page.last ? [page.last.score, ...flat(page.last.place)] : [])];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Reads a token of the same order. Throws the problem `invalid` for what is none of ours. */
export function decodeSearchPage(token: string | undefined, order: 'newest' | 'best'): SearchPage | undefined {
  if (token === undefined) return undefined;
  const parts = partsOf(token);
  const [kind, ...rest] = parts;
  if (order === 'newest' && kind === 'n' && rest.length === 3) return { order, last: placeOf(rest) };
  if (order === 'best' && kind === 'b' && rest.length === 3) return { order, top: placeOf(rest), last: undefined };
  if (order === 'best' && kind === 'b' && rest.length === 7 && typeof rest[3] === 'number') {
    return { order, top: placeOf(rest), last: { score: rest[3], place: placeOf(rest.slice(4)) } };
  }
  throw foreign();
}

function partsOf(token: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (Array.isArray(parts)) return parts;
  } catch {
    // Falls through to the refusal.
  }
  throw foreign();
}

function placeOf([said, room, n]: readonly unknown[]): Place {
  if (!Number.isSafeInteger(said) || !Number.isSafeInteger(n) || typeof room !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(room)) throw foreign();
  return { said: said as number, room, n: n as number };
}

const foreign = () => invalid('page', 'not a page token of this list');
