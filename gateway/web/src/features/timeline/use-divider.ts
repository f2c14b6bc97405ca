import { messageOf } from '@parley/client/selectors';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useChat } from '../../sync/chat.tsx';
import { markedHere } from '../shell/mark-read.ts';
import { useUi } from '../shell/ui-state.ts';
import { type Divider, dividerAfter } from './divider-model.ts';
import type { TimelineModel } from './use-timeline-model.ts';

/**
 * The line above what was new when the room was entered. Reading never moves it, another device's marker moves it
 * forward; sending, Escape and "mark as read" clear it. What comes while nobody looks is set off when they come back.
 * `clear` answers whether there was one.
 */
export function useDivider(model: TimelineModel, ordinal: number | undefined): { readonly divider: Divider; readonly clear: () => boolean } {
  const chat = useChat();
  const [divider, setDivider] = useState<Divider>({ ordinal, cleared: false });
  const known = useRef(model.last);
  useEffect(() => {
    const before = known.current;
    known.current = model.last;
    if (model.last <= before || document.hasFocus()) return;
    const message = model.entry && messageOf(model.entry, before + 1);
    if (message && message.author !== model.me) setDivider((now) => (now.ordinal === undefined || now.cleared ? { ordinal: before + 1, cleared: false } : now));
  }, [model]);

  const marker = model.entry?.room.marker ?? 0;
  const [knownMarker, setKnownMarker] = useState(marker);
  if (model.entry && marker > knownMarker) {
    setKnownMarker(marker);
    if (marker > markedHere(chat, model.roomId)) setDivider(dividerAfter(divider, model.entry, model.me, marker));
  }

  const readAll = useUi((state) => state.readAll);
  const [knownReadAll, setKnownReadAll] = useState(readAll);
  if (readAll !== knownReadAll) {
    setKnownReadAll(readAll);
    setDivider({ ...divider, cleared: true });
  }

  const clear = useCallback(() => {
    if (divider.ordinal === undefined || divider.cleared) return false;
    setDivider({ ...divider, cleared: true });
    return true;
  }, [divider]);
  return { divider, clear };
}
