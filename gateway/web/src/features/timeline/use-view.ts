import type { Problem } from '@parley/contracts/problems/codes';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { useChat } from '../../sync/chat.tsx';
import { leaveAt, type PlaceLeft } from './left-off.ts';
import { createReadMarker } from './read-marker.ts';
import type { Opening } from './use-opening.ts';
import type { TimelineModel } from './use-timeline-model.ts';
import { useWindow } from './use-window.ts';

/** Closer than this to the end, the view follows what comes. */
const followPx = 80;
/** A row at the top stands this far below the edge, so that one sees what came before. */
export const topGapPx = 56;

/** What is asked of the list of rows. `rows`: first and last that are in the document, where that is not up to what is seen. */
export type ListHandle = Pick<VirtualizerHandle, 'scrollOffset' | 'scrollSize' | 'viewportSize' | 'findItemIndex' | 'getItemOffset' | 'getItemSize' | 'scrollToIndex'> & { readonly rows?: readonly [number, number] };

export type View = {
  readonly list: RefObject<ListHandle | null>;
  readonly now: RefObject<TimelineModel>;
  readonly atEnd: boolean;
  /** The divider lies above what is seen. */
  readonly dividerAbove: boolean;
  /** Newest ordinal that was in view at the end. */
  readonly seenOrdinal: number;
  readonly onScroll: () => void;
  readonly onResize: () => void;
  readonly setFollow: (follow: boolean) => void;
  readonly trouble: Problem | undefined;
  readonly again: () => void;
};

/** The only writer of the scroll position: opens at the right place, follows the end, and says what is in view. */
export function useView(model: TimelineModel, opening: Extract<Opening, { phase: 'ready' }>, dividerOrdinal: number | undefined): View {
  const chat = useChat();
  const list = useRef<ListHandle>(null);
  const follow = useRef(opening.at.align === 'end');
  const lastOffset = useRef(0);
  const place = useRef<PlaceLeft>(undefined);
  const now = useRef(model);
  const [atEnd, setAtEnd] = useState(opening.at.align === 'end');
  const [dividerAbove, setDividerAbove] = useState(false);
  const [seenOrdinal, setSeenOrdinal] = useState(model.last);
  const { want, trouble, again } = useWindow(model.roomId);
  const marker = useMemo(() => createReadMarker(chat, model.roomId, () => lastWholeRow(list.current, now.current)), [chat, model.roomId]);
  useEffect(() => marker.watch(), [marker]);
  useEffect(() => () => leaveAt(model.me, model.roomId, place.current), [model.me, model.roomId]);

  const onScroll = useCallback(() => {
    const view = list.current;
    const { first, last, rows } = now.current;
    if (!view || view.viewportSize === 0) return;
    const top = view.findItemIndex(view.scrollOffset);
    const bottom = view.findItemIndex(view.scrollOffset + view.viewportSize);
    const [from, to] = view.rows ?? [top, bottom];
    if (rows > 0) want(first + Math.min(from, rows - 1), first + Math.min(to, rows - 1));
    const near = view.scrollSize - view.scrollOffset - view.viewportSize < followPx;
    // Only moving up lets go of the end: rows that grow must not.
    if (near) follow.current = true;
    else if (view.scrollOffset < lastOffset.current - 1) follow.current = false;
    lastOffset.current = view.scrollOffset;
    setAtEnd(near);
    if (near) setSeenOrdinal(last);
    place.current = near || rows === 0 ? undefined : { ordinal: first + Math.min(top, rows - 1), offsetPx: Math.round(view.scrollOffset - view.getItemOffset(top)) };
    setDividerAbove(dividerOrdinal !== undefined && dividerOrdinal - first < top);
    marker.consider();
  }, [want, marker, dividerOrdinal]);

  const stayAtEnd = useCallback(() => {
    if (follow.current) list.current?.scrollToIndex(now.current.count - 1, { align: 'end' });
  }, []);
  const onResize = useCallback(() => {
    stayAtEnd();
    onScroll();
  }, [stayAtEnd, onScroll]);
  const setFollow = useCallback((wanted: boolean) => {
    follow.current = wanted;
  }, []);

  useLayoutEffect(() => {
    const { first, rows, count } = now.current;
    const { align, ordinal, offsetPx = -topGapPx } = opening.at;
    const index = align === 'end' ? count - 1 : Math.max(0, Math.min(rows - 1, ordinal - first));
    list.current?.scrollToIndex(index, { align, ...(align === 'start' && { offset: offsetPx }) });
    // Only where the room opens; from then on the reader moves it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  useLayoutEffect(() => {
    now.current = model;
    stayAtEnd();
  }, [stayAtEnd, model]);
  useEffect(onScroll, [onScroll, model]);
  return { list, now, atEnd, dividerAbove, seenOrdinal, onScroll, onResize, setFollow, trouble, again };
}

/** Ordinal of the last message whose end is on screen. */
function lastWholeRow(view: ListHandle | null, model: TimelineModel): number | undefined {
  if (!view || model.rows === 0 || view.viewportSize === 0) return undefined;
  const end = view.scrollOffset + view.viewportSize + 2;
  let index = Math.min(view.findItemIndex(end), model.rows - 1);
  if (view.getItemOffset(index) + view.getItemSize(index) > end) index -= 1;
  return index < 0 ? undefined : model.first + index;
}
