import { messageByN } from '@parley/client/pages';
import { messageOf } from '@parley/client/selectors';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useChat } from '../../sync/chat.tsx';
import { troubleOf } from '../../sync/trouble.ts';
import { attempt, notify } from '../shell/ui-state.ts';
import type { Opening } from './use-opening.ts';
import type { TimelineModel } from './use-timeline-model.ts';
import type { View } from './use-view.ts';

const flashMs = 1_600;
/** Without motion a still outline must be found by the eye. */
const stillFlashMs = 2_000;
const aroundOrdinals = 60;

export type Jumps = {
  readonly jumpToOrdinal: (ordinal: number) => void;
  readonly jumpTo: (target: { readonly messageId: string; readonly n: number }) => void;
  readonly toEnd: () => void;
  /** Id of the message that was jumped to a moment ago. */
  readonly flash: string | undefined;
};

const messageIdAt = (model: TimelineModel, ordinal: number): string | undefined => model.entry && messageOf(model.entry, ordinal)?.messageId;

/** Goes to a message wherever it is. First loaded, then jumped: rows of unknown height would miss the place. */
export function useJumps(roomId: string, view: Pick<View, 'list' | 'now' | 'setFollow'>, opening: Extract<Opening, { phase: 'ready' }>): Jumps {
  const chat = useChat();
  const { list, now, setFollow } = view;
  const [flash, setFlash] = useState<string | undefined>(() => {
    const entry = opening.flash ? chat.state.getSnapshot().rooms.get(roomId) : undefined;
    return entry && messageOf(entry, opening.at.ordinal)?.messageId;
  });
  useEffect(() => {
    if (flash === undefined) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // Counted from when the row is drawn: a busy page must not let it pass unseen.
    const drawn = requestAnimationFrame(() => requestAnimationFrame(() => {
      timer = setTimeout(() => setFlash(undefined), matchMedia('(prefers-reduced-motion: reduce)').matches ? stillFlashMs : flashMs);
    }));
    return () => {
      cancelAnimationFrame(drawn);
      clearTimeout(timer);
    };
  }, [flash]);

  const jumpToOrdinal = useCallback((ordinal: number) => {
    const { first, last } = now.current;
    const place = Math.max(first, Math.min(last, ordinal));
    setFollow(false);
    const go = async (): Promise<void> => {
      await chat.rooms.load(roomId, Math.max(first, place - aroundOrdinals), Math.min(last, place + aroundOrdinals));
      list.current?.scrollToIndex(place - first, { align: 'center' });
      setFlash(messageIdAt(now.current, place));
    };
    attempt(go());
  }, [chat, roomId, list, now, setFollow]);

  const jumpTo = useCallback(({ messageId, n }: { readonly messageId: string; readonly n: number }) => {
    const loaded = now.current.entry && messageByN(now.current.entry.pages, n);
    if (loaded) jumpToOrdinal(loaded.ordinal);
    else chat.queries.message({ roomId, messageId }).then(({ data }) => jumpToOrdinal(data.message.ordinal), (error: unknown) => notify('', troubleOf(error)));
  }, [chat, roomId, now, jumpToOrdinal]);

  const toEnd = useCallback(() => {
    setFollow(true);
    const go = async (): Promise<void> => {
      await chat.rooms.loadTail(roomId);
      list.current?.scrollToIndex(now.current.count - 1, { align: 'end' });
    };
    list.current?.scrollToIndex(now.current.count - 1, { align: 'end' });
    attempt(go());
  }, [chat, roomId, list, now, setFollow]);
  return useMemo(() => ({ jumpToOrdinal, jumpTo, toEnd, flash }), [jumpToOrdinal, jumpTo, toEnd, flash]);
}
