import type { Plain } from '@parley/client/commands';
import type { search } from '@parley/contracts/queries/search';
import type { ParamsOf } from '@parley/contracts/queries/define';

/** What narrows a search down: at most one of each. `day` is `2026-11-20`, in the reader's zone. */
export type Filter =
  | { readonly type: 'from'; readonly userId: string; readonly label: string }
  | { readonly type: 'in'; readonly roomId: string; readonly label: string }
  | { readonly type: 'before' | 'after'; readonly day: string }
  | { readonly type: 'link' };
export type FilterType = Filter['type'];
export type Order = 'best' | 'newest';
export type SearchParams = Partial<Plain<ParamsOf<typeof search>>>;

/** As the contract has it, whose schema is too heavy for a page; a spec holds them equal. */
export const searchTextCharsMax = 300;

/** The words that begin a filter, in both languages: they work whatever language the page is in. */
const beginnings: Readonly<Record<string, Exclude<FilterType, 'link'> | 'has'>> = {
  from: 'from', in: 'in', before: 'before', after: 'after', since: 'after', has: 'has',
  보낸이: 'from', 보낸사람: 'from', 방: 'in', 이전: 'before', 이후: 'after', 포함: 'has',
};
/** `start` is the place of the beginning in the text, in UTF-16 code units; `query` is what was typed after the colon. */
export type FilterToken = { readonly kind: Exclude<FilterType, 'link'> | 'has'; readonly query: string; readonly start: number };

/** The filter being typed right before the caret: `hello from:지|`. Inside of quotes everything is text. */
export function filterToken(text: string, caret: number): FilterToken | undefined {
  const before = text.slice(0, caret);
  if ((before.match(/"/gu)?.length ?? 0) % 2 === 1) return undefined;
  const match = /(?:^|\s)([\p{L}]+):([^\s"]*)$/u.exec(before);
  const kind = match?.[1] === undefined ? undefined : beginnings[match[1].toLowerCase()];
  if (!match || kind === undefined || !Object.hasOwn(beginnings, match[1]?.toLowerCase() ?? '')) return undefined;
  return { kind, query: match[2] ?? '', start: caret - (match[1]?.length ?? 0) - 1 - (match[2]?.length ?? 0) };
}

/** With a filter: it takes the place of another of its kind. */
export const withFilter = (filters: readonly Filter[], filter: Filter): readonly Filter[] => [...filters.filter(({ type }) => type !== filter.type), filter];

/** A day as `2026-11-20`, `days` before the one that `now` (milliseconds since 1970) lies in, in the reader's zone. */
export function dayBefore(now: number, days: number): string {
  const date = new Date(now);
  return dayText(new Date(date.getFullYear(), date.getMonth(), date.getDate() - days));
}

const dayText = (date: Date): string => `${String(date.getFullYear()).padStart(4, '0')}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;

/** The day that somebody typed: `2026-11-20`, `2026-11`, `2026`, also with dots or slashes. Undefined for what is no day. */
export function typedDay(text: string): string | undefined {
  const match = /^(\d{4})(?:[-./](\d{1,2})(?:[-./](\d{1,2}))?)?[-./]?$/u.exec(text.trim());
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1)];
  const date = new Date(year, month - 1, day);
  return year >= 1_000 && date.getMonth() === month - 1 && date.getDate() === day ? dayText(date) : undefined;
}

/** The instant at which a day begins here. */
export function beginningOf(day: string): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date).toISOString();
}

/** What the service is asked for; undefined where there is nothing to look for yet. */
export function paramsOf(text: string, filters: readonly Filter[], order: Order): SearchParams | undefined {
  const q = text.trim().replaceAll(/\s+/gu, ' ').slice(0, searchTextCharsMax);
  // A lone quote or minus is a phrase or word not typed yet.
  if (!/[\p{L}\p{N}\p{S}]/u.test(q) && filters.length === 0) return undefined;
  const params: { -readonly [K in keyof SearchParams]: SearchParams[K] } = { order };
  if (/[\p{L}\p{N}\p{S}]/u.test(q)) params.q = q;
  for (const filter of filters) {
    if (filter.type === 'from') params.from = filter.userId;
    else if (filter.type === 'in') params.room = filter.roomId;
    else if (filter.type === 'before') params.until = beginningOf(filter.day);
    else if (filter.type === 'after') params.since = beginningOf(filter.day);
    else params.hasLink = 'true';
  }
  return params;
}
