import { useEffect, useMemo } from 'react';
import { type Draft, draftsOf, saveDraft } from '../../lib/drafts.ts';
import type { Person } from '../../lib/mention-text.ts';
import { useMe } from '../../sync/chat.tsx';

const saveAfterMs = 300;

export type Written = { readonly text: string; readonly people: readonly Person[] };
export type DraftKeeper = {
  /** What was left here. */
  readonly load: () => Pick<Draft, 'text' | 'people'>;
  readonly keep: (written: Written) => void;
  /** Keeps what `read` gives after 300 ms of rest, or when the page goes; `read` gives undefined while something else is in the field. */
  readonly keepSoon: (read: () => Written | undefined) => void;
  readonly keepNow: () => void;
};

const empty: Written = { text: '', people: [] };

function createKeeper(me: string, roomId: string): DraftKeeper {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waiting: (() => Written | undefined) | undefined;
  const keep = ({ text, people }: Written): void => {
    clearTimeout(timer);
    waiting = undefined;
    if (me !== '') saveDraft(me, roomId, text, people);
  };
  const keepNow = (): void => {
    const written = waiting?.();
    clearTimeout(timer);
    waiting = undefined;
    if (written) keep(written);
  };
  return {
    load: () => draftsOf(me)[roomId] ?? empty,
    keep,
    keepNow,
    keepSoon: (read) => {
      clearTimeout(timer);
      waiting = read;
      timer = setTimeout(keepNow, saveAfterMs);
    },
  };
}

/** Keeps what is being written in a room over reloads, other rooms and signing out. */
export function useDraft(roomId: string): DraftKeeper {
  const me = useMe();
  const keeper = useMemo(() => createKeeper(me, roomId), [me, roomId]);
  useEffect(() => {
    const { keepNow } = keeper;
    addEventListener('pagehide', keepNow);
    return () => {
      removeEventListener('pagehide', keepNow);
      keepNow();
    };
  }, [keeper]);
  return keeper;
}
