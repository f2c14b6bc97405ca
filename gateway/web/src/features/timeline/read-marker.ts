import { messageOf } from '@parley/client/selectors';
import type { Chat } from '../../sync/chat.tsx';
import { markRead } from '../shell/mark-read.ts';

/** A row's end must have been on screen this long. */
const dwellMs = 800;
/** Signs of the person are looked at this often. */
const inputEveryMs = 100;
const inputs = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

export type ReadMarker = { readonly consider: () => void; readonly watch: () => () => void };

/**
 * Marks as read what was truly seen: the page visible and focused, no dialog over it, the row's end on screen for
 * 800 ms, and a sign of the person since the message came. A screen left open in an empty office reads nothing.
 * `lastSeenOrdinal` answers the last message whose end is on screen.
 */
export function createReadMarker(chat: Chat, roomId: string, lastSeenOrdinal: () => number | undefined): ReadMarker {
  let seen: { readonly ordinal: number; readonly sinceMs: number } | undefined;
  let lastInputMs = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let known: number | undefined;
  /** First message of others that came since the last sign of the person: nothing from there on is read yet. */
  let fresh: number | undefined;

  const noticeNew = (): void => {
    const { rooms, me } = chat.state.getSnapshot();
    const entry = rooms.get(roomId);
    if (!entry) return;
    for (let each = (known ?? entry.room.ordinal) + 1; each <= entry.room.ordinal && fresh === undefined; each += 1) {
      if (messageOf(entry, each)?.author !== me) fresh = each;
    }
    known = entry.room.ordinal;
  };
  const consider = (): void => {
    clearTimeout(timer);
    noticeNew();
    const entry = chat.state.getSnapshot().rooms.get(roomId);
    const shown = lastSeenOrdinal();
    const attentive = document.visibilityState === 'visible' && document.hasFocus() && document.querySelector('dialog[open]') === null;
    if (!entry || shown === undefined || !attentive) {
      seen = undefined;
      return;
    }
    const ordinal = fresh === undefined ? shown : Math.min(shown, fresh - 1);
    const message = messageOf(entry, ordinal);
    if (!message || message.n <= entry.room.marker) return;
    if (seen?.ordinal !== ordinal) seen = { ordinal, sinceMs: Date.now() };
    const waitMs = seen.sinceMs + dwellMs - Date.now();
    if (waitMs > 0) timer = setTimeout(consider, waitMs);
    else markRead(chat, roomId, message.n);
  };
  const onInput = (): void => {
    const now = Date.now();
    if (now - lastInputMs < inputEveryMs) return;
    lastInputMs = now;
    fresh = undefined;
    consider();
  };
  const watch = (): (() => void) => {
    for (const type of inputs) addEventListener(type, onInput, { passive: true, capture: true });
    addEventListener('focus', consider);
    addEventListener('blur', consider);
    document.addEventListener('visibilitychange', consider);
    const stop = chat.state.subscribe(consider);
    return () => {
      for (const type of inputs) removeEventListener(type, onInput, { capture: true });
      removeEventListener('focus', consider);
      removeEventListener('blur', consider);
      document.removeEventListener('visibilitychange', consider);
      stop();
      clearTimeout(timer);
    };
  };
  return { consider, watch };
}
