import { type FocusEvent, type KeyboardEvent, type RefObject, useCallback, useMemo, useState } from 'react';
import { useSettings } from '../../i18n/settings.ts';
import { chordOf } from '../../lib/keys.ts';
import type { ListHandle } from './use-view.ts';

type Parts = { readonly list: RefObject<ListHandle | null>; readonly scroller: RefObject<HTMLElement | null>; readonly count: number };
export type RowFocus = {
  readonly index: number | undefined; readonly focusRow: (index: number) => void;
  readonly onFocus: (event: FocusEvent<HTMLElement>) => void; readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
};

/** One row of the feed is in the tab order; arrows, J and K move from row to row, Home and End to the loaded ends. */
export function useRowFocus({ list, scroller, count }: Parts): RowFocus {
  const [index, setIndex] = useState<number>();
  const focusRow = useCallback((wanted: number) => {
    const next = Math.max(0, Math.min(count - 2, wanted));
    setIndex(next);
    list.current?.scrollToIndex(next, { align: 'nearest' });
    // The row may be made only now that it is to be kept mounted.
    requestAnimationFrame(() => requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`article[data-index="${next}"]`)?.focus({ preventScroll: true })));
  }, [list, scroller, count]);

  const onFocus = useCallback((event: FocusEvent<HTMLElement>) => {
    const row = event.target.closest<HTMLElement>('article[data-index]');
    if (row) setIndex(Number(row.dataset['index']));
  }, []);

  const onKeyDown = useCallback((event: KeyboardEvent<HTMLElement>) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('article[data-index]');
    if (!row || event.target !== row) return;
    const now = Number(row.dataset['index']);
    const rows = [...(scroller.current?.querySelectorAll<HTMLElement>('article[data-index]') ?? [])].map((one) => Number(one.dataset['index']));
    const letters = useSettings.getState().singleKeys;
    const chord = chordOf(event);
    const target =
      chord === 'ArrowDown' || (letters && chord === 'j') ? now + 1
      : chord === 'ArrowUp' || (letters && chord === 'k') ? now - 1
      : chord === 'Home' ? Math.min(...rows) : chord === 'End' ? Math.max(...rows) : undefined;
    if (target === undefined) return;
    event.preventDefault();
    focusRow(target);
  }, [focusRow, scroller]);

  return useMemo(() => ({ index, focusRow, onFocus, onKeyDown }), [index, focusRow, onFocus, onKeyDown]);
}
