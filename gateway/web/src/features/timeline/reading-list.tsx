import { type ReactNode, type RefObject, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import type { ListHandle } from './use-view.ts';

/** So many rows stay in the document. */
const rowsMax = 300;
/** Rows that two neighbouring windows share, so that one sees where one is. */
const sharedRows = 20;

type Props = {
  readonly ref: RefObject<ListHandle | null>; readonly scroller: RefObject<HTMLElement | null>; readonly count: number;
  readonly onScroll: () => void; readonly onResize: () => void; readonly children: (index: number) => ReactNode;
};

/**
 * The last 300 rows as plain elements, all of them in the document: a screen reader that reads a page as a text, or a
 * search of the browser, finds them. Older ones come by a button. The browser itself keeps the place while rows grow.
 */
export function ReadingList({ ref, scroller, count, onScroll, onResize, children }: Props) {
  const words = useWords();
  const element = useRef<HTMLDivElement>(null);
  /** Undefined: the window ends where the room ends. */
  const [end, setEnd] = useState<number>();
  const to = Math.min(count, end ?? count);
  const from = Math.max(0, to - rowsMax);
  const handle = useHandle(element, scroller, { from, to, count }, setEnd);
  useImperativeHandle(ref, () => handle, [handle]);
  useLayoutEffect(onScroll, [onScroll, from, to]);
  useEffect(() => {
    const [rows, frame] = [element.current, scroller.current];
    if (!rows || !frame) return undefined;
    const sizes = new ResizeObserver(onResize);
    sizes.observe(rows);
    sizes.observe(frame);
    frame.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      sizes.disconnect();
      frame.removeEventListener('scroll', onScroll);
    };
  }, [scroller, onScroll, onResize]);
  const show = (wanted: number, place: number, align: 'start' | 'end'): void => {
    flushSync(() => setEnd(wanted >= count ? undefined : wanted));
    handle.scrollToIndex(place, { align });
  };
  return (
    <div ref={element} className="reading-list">
      {from > 0 && <p className="reading-more"><Button look="outline" size="small" onClick={() => show(from + sharedRows, from, 'start')}>{words.row.earlier}</Button></p>}
      {Array.from({ length: to - from }, (_, at) => <div key={from + at} data-row={from + at}>{children(from + at)}</div>)}
      {to < count && <p className="reading-more"><Button look="outline" size="small" onClick={() => show(to - sharedRows + rowsMax, to - 1, 'end')}>{words.row.later}</Button></p>}
    </div>
  );
}

type Rows = { readonly from: number; readonly to: number; readonly count: number };

/** What the timeline asks of a list, answered by the document. */
function useHandle(element: RefObject<HTMLElement | null>, scroller: RefObject<HTMLElement | null>, rows: Rows, setEnd: (end: number | undefined) => void): ListHandle {
  const now = useRef(rows);
  useLayoutEffect(() => {
    now.current = rows;
  });
  const [handle] = useState((): ListHandle => {
    const rowAt = (index: number): HTMLElement | null => element.current?.querySelector<HTMLElement>(`:scope > [data-row="${index}"]`) ?? null;
    const offsetOf = (row: Element | null): number => (row && scroller.current ? row.getBoundingClientRect().top - scroller.current.getBoundingClientRect().top + scroller.current.scrollTop : 0);
    return {
      get rows(): readonly [number, number] {
        return [now.current.from, Math.max(now.current.from, now.current.to - 1)];
      },
      get scrollOffset(): number {
        return scroller.current?.scrollTop ?? 0;
      },
      get scrollSize(): number {
        // Below a window that ends earlier there is more.
        return (scroller.current?.scrollHeight ?? 0) + (now.current.to < now.current.count ? Number.MAX_SAFE_INTEGER / 2 : 0);
      },
      get viewportSize(): number {
        return scroller.current?.clientHeight ?? 0;
      },
      findItemIndex(offset) {
        let [low, high] = [now.current.from, Math.max(now.current.from, now.current.to - 1)];
        while (low < high) {
          const middle = (low + high + 1) >> 1;
          if (offsetOf(rowAt(middle)) <= offset) low = middle;
          else high = middle - 1;
        }
        return low;
      },
      getItemOffset: (index) => offsetOf(rowAt(index)),
      getItemSize: (index) => rowAt(index)?.getBoundingClientRect().height ?? 0,
      scrollToIndex(index, { align, offset = 0 } = {}) {
        const { from, to, count } = now.current;
        if (index < from || index >= to) flushSync(() => setEnd(index + rowsMax / 2 >= count ? undefined : Math.max(rowsMax, index + rowsMax / 2)));
        const [row, frame] = [rowAt(index), scroller.current];
        if (!row || !frame) return;
        row.scrollIntoView({ block: align ?? 'nearest' });
        if (offset !== 0) frame.scrollTop += offset;
        if (align === 'end' && index === now.current.count - 1) frame.scrollTop = frame.scrollHeight;
      },
    };
  });
  return handle;
}
