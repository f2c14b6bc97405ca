import type { SearchHit } from '@parley/contracts/queries/search';
import type { Problem } from '@parley/contracts/problems/codes';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { create } from 'zustand';
import { useChat, useMe } from '../../sync/chat.tsx';
import { troubleOf } from '../../sync/trouble.ts';
import { type Filter, type Order, paramsOf } from './search-model.ts';

/** Typing rests this long before the service is asked. */
const waitMs = 250;
const pageHits = 20;
/** More than this is not read through: another word finds it sooner. */
const hitsMax = 1_000;

export type SearchState = {
  readonly owner: string;
  readonly text: string;
  readonly filters: readonly Filter[];
  readonly order: Order;
  /** What the hits answer; undefined before the first answer and where nothing is asked. */
  readonly answered: string | undefined;
  readonly hits: readonly SearchHit[];
  /** Where the next page begins; null at the end. */
  readonly next: string | null;
  readonly loading: 'first' | 'more' | undefined;
  readonly trouble: Problem | undefined;
};

const nothing = { text: '', filters: [], order: 'best', answered: undefined, hits: [], next: null, loading: undefined, trouble: undefined } as const;

/** The search of this page. It stays while its pane is closed, so that one comes back to what was found. */
export const useSearchState = create<SearchState>(() => ({ owner: '', ...nothing }));

export const changeSearch = (change: Partial<Pick<SearchState, 'text' | 'filters' | 'order'>>): void => useSearchState.setState(change);
export const resetSearch = (): void => useSearchState.setState(nothing);

export type Search = SearchState & { readonly more: () => void; readonly again: () => void };

/** Asks the service when what is wanted changes, and page by page; a late answer to an earlier question is dropped. */
export function useSearch(): Search {
  const chat = useChat();
  const me = useMe();
  const state = useSearchState();
  const params = useMemo(() => paramsOf(state.text, state.filters, state.order), [state.text, state.filters, state.order]);
  const wanted = params && JSON.stringify(params);
  const asked = useRef(0);
  useEffect(() => {
    // What somebody else on this device looked for is nobody's concern.
    if (useSearchState.getState().owner !== me) useSearchState.setState({ owner: me, ...nothing });
  }, [me]);

  const ask = useCallback((page: string | undefined) => {
    asked.current += 1;
    const mine = asked.current;
    if (!params || wanted === undefined) return;
    useSearchState.setState({ loading: page === undefined ? 'first' : 'more', trouble: undefined });
    chat.queries.search({ ...params, limit: pageHits, ...(page !== undefined && { page }) }).then(
      ({ data }) => {
        if (mine !== asked.current) return;
        const before = page === undefined ? [] : useSearchState.getState().hits;
        const known = new Set(before.map(({ message }) => message.messageId as string));
        const hits = [...before, ...data.hits.filter(({ message }) => !known.has(message.messageId))];
        useSearchState.setState({ answered: wanted, hits, next: hits.length < hitsMax ? data.next : null, loading: undefined });
      },
      (error: unknown) => {
        if (mine !== asked.current) return;
        useSearchState.setState({ loading: undefined, trouble: troubleOf(error), ...(page === undefined && { answered: undefined, hits: [], next: null }) });
      },
    );
  }, [chat, params, wanted]);

  useEffect(() => {
    const { answered, trouble } = useSearchState.getState();
    if (wanted === undefined) {
      asked.current += 1;
      useSearchState.setState({ answered: undefined, hits: [], next: null, loading: undefined, trouble: undefined });
      return undefined;
    }
    if (answered === wanted && !trouble) return undefined;
    const timer = setTimeout(() => ask(undefined), waitMs);
    return () => clearTimeout(timer);
  }, [wanted, ask]);
  useEffect(() => () => {
    asked.current += 1;
    useSearchState.setState({ loading: undefined });
  }, []);

  const { next, loading, answered, trouble } = state;
  const ready = next !== null && loading === undefined && answered === wanted && !trouble ? next : undefined;
  // Another function for another page, so that who watches for the end looks again.
  const more = useCallback(() => {
    if (ready !== undefined && useSearchState.getState().loading === undefined) ask(ready);
  }, [ask, ready]);
  const again = useCallback(() => ask(useSearchState.getState().hits.length > 0 ? (useSearchState.getState().next ?? undefined) : undefined), [ask]);
  return { ...state, more, again };
}
