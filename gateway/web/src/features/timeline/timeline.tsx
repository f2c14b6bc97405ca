import { type RefObject, useImperativeHandle, useMemo, useRef } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useSettings } from '../../i18n/settings.ts';
import { useWords } from '../../i18n/use-words.ts';
import { useChat, useRoomName } from '../../sync/chat.tsx';
import { ProblemLine } from '../../ui/problem.tsx';
import { markRead } from '../shell/mark-read.ts';
import { Pills } from './pills.tsx';
import { ReadingList } from './reading-list.tsx';
import { TimelineRow } from './timeline-row.tsx';
import { useDivider } from './use-divider.ts';
import { useJumps } from './use-jumps.ts';
import type { Opening } from './use-opening.ts';
import { useRowFocus } from './use-row-focus.ts';
import { useTimelineModel } from './use-timeline-model.ts';
import { topGapPx, useView } from './use-view.ts';

const bufferPx = 1_400;
const unloadedRowPx = 72;

export type TimelineHandle = {
  readonly jumpTo: (target: { readonly messageId: string; readonly n: number }) => void;
  readonly jumpToOrdinal: (ordinal: number) => void;
  readonly toEnd: () => void;
  readonly toDivider: () => void;
  /** Answers whether there was one to clear. */
  readonly clearDivider: () => boolean;
};

type Props = {
  readonly roomId: string; readonly opening: Extract<Opening, { phase: 'ready' }>; readonly editing: string | undefined; readonly ref: RefObject<TimelineHandle | null>;
};

/** The conversation. Index of a row = ordinal − first ordinal, so count and scrollbar are exact and nothing is ever put before. */
export function Timeline({ roomId, opening, editing, ref }: Props) {
  const words = useWords();
  const chat = useChat();
  const name = useRoomName(roomId);
  const model = useTimelineModel(roomId);
  const readingList = useSettings((settings) => settings.readingList);
  const scroller = useRef<HTMLDivElement>(null);
  const { divider, clear } = useDivider(model, opening.unreadOrdinal);
  const view = useView(model, opening, divider.cleared ? undefined : divider.ordinal);
  const { list } = view;
  const { flash, jumpTo, jumpToOrdinal, toEnd } = useJumps(roomId, view, opening);
  const focus = useRowFocus({ list, scroller, count: model.count });
  useImperativeHandle(ref, () => ({
    jumpTo, jumpToOrdinal, toEnd, clearDivider: clear,
    toDivider: () => divider.ordinal !== undefined && jumpToOrdinal(divider.ordinal),
  }), [jumpTo, jumpToOrdinal, toEnd, clear, divider]);

  const data = useMemo(() => ({ length: model.count }), [model.count]);
  const editingIndex = editing === undefined ? undefined : model.indexOf(editing);
  const kept = useMemo(() => [...new Set([focus.index, editingIndex].filter((index): index is number => index !== undefined && index >= 0 && index < model.count))], [focus.index, editingIndex, model.count]);
  const backToDivider = (): void => {
    if (divider.ordinal !== undefined) list.current?.scrollToIndex(divider.ordinal - model.first, { align: 'start', offset: -topGapPx });
  };
  const readAll = (): void => {
    clear();
    if (model.entry) markRead(chat, roomId, model.entry.n);
  };
  const row = (index: number) => (
    <TimelineRow
      key={model.keyOf(index)} model={model} index={index} focusable={index === (focus.index ?? model.rows + model.pending.length - 1)}
      unreadOrdinal={divider.ordinal} dividerCleared={divider.cleared} flash={flash} editing={editing}
    />
  );
  return (
    <div className="timeline">
      <div
        ref={scroller} className={readingList ? 'timeline-scroll scroll reading' : 'timeline-scroll scroll'} role="feed" aria-label={words.room.timeline(name)} aria-busy={model.entry?.hole === true} tabIndex={-1}
        onKeyDown={focus.onKeyDown} onFocus={focus.onFocus}
      >
        <div className="timeline-spacer" />
        {readingList
          ? <ReadingList ref={list} scroller={scroller} count={model.count} onScroll={view.onScroll} onResize={view.onResize}>{row}</ReadingList>
          : (
            <Virtualizer ref={list as RefObject<VirtualizerHandle | null>} data={data} bufferSize={bufferPx} itemSize={unloadedRowPx} keepMounted={kept} scrollRef={scroller} onScroll={view.onScroll} onScrollEnd={view.onScroll} onResize={view.onResize}>
              {(_, index) => row(index)}
            </Virtualizer>
          )}
      </div>
      <Pills
        model={model} dividerOrdinal={view.dividerAbove ? divider.ordinal : undefined} atEnd={view.atEnd} unseen={Math.max(0, model.last - view.seenOrdinal)}
        onDivider={backToDivider} onEnd={toEnd} onRead={readAll}
      />
      {view.trouble && <div className="timeline-trouble"><ProblemLine trouble={view.trouble} onRetry={view.again} /></div>}
    </div>
  );
}
