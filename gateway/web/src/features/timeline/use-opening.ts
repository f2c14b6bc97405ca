import { messageOf } from '@parley/client/selectors';
import type { Problem } from '@parley/contracts/problems/codes';
import { useCallback, useEffect, useState } from 'react';
import { type Chat, useChat } from '../../sync/chat.tsx';
import { troubleOf } from '../../sync/trouble.ts';
import { placeLeft } from './left-off.ts';

/** Where a room opens, once what is to be seen there is loaded: jumping first and loading then misses the place. */
export type Opening =
  | { readonly phase: 'loading' }
  | { readonly phase: 'failed'; readonly trouble: Problem }
  | { readonly phase: 'ready'; readonly at: { readonly ordinal: number; readonly align: 'start' | 'center' | 'end'; /** How far the row's top is above the edge; without, a little of what came before shows. */ readonly offsetPx?: number }; readonly unreadOrdinal: number | undefined; readonly flash: boolean };

const pageOrdinals = 100;
const aroundOrdinals = 60;
const stepsMax = 16;
/** More than this is not caught up on by reading from the first: the room opens at its end, with a way back. */
const unreadOpenMax = 1_000;

export function useOpening(roomId: string, wantedOrdinal: number | undefined): { readonly opening: Opening; readonly again: () => void } {
  const chat = useChat();
  const [opening, setOpening] = useState<Opening>({ phase: 'loading' });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let alive = true;
    setOpening((now) => (now.phase === 'failed' ? { phase: 'loading' } : now));
    open(chat, roomId, wantedOrdinal).then(
      (opened) => alive && setOpening(opened),
      (error: unknown) => alive && setOpening({ phase: 'failed', trouble: troubleOf(error) }),
    );
    return () => {
      alive = false;
    };
    // A later permalink is a jump within the open room, not another opening.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [chat, roomId, attempt]);
  return { opening, again: useCallback(() => setAttempt((count) => count + 1), []) };
}

async function open(chat: Chat, roomId: string, wantedOrdinal: number | undefined): Promise<Opening> {
  const room = chat.state.getSnapshot().rooms.get(roomId)?.room;
  if (!room) return { phase: 'loading' };
  const { firstOrdinal, ordinal, unread } = room;
  if (wantedOrdinal !== undefined && wantedOrdinal >= firstOrdinal && wantedOrdinal <= ordinal) {
    await chat.rooms.load(roomId, Math.max(firstOrdinal, wantedOrdinal - aroundOrdinals), Math.min(ordinal, wantedOrdinal + aroundOrdinals));
    return { phase: 'ready', at: { ordinal: wantedOrdinal, align: 'center' }, unreadOrdinal: undefined, flash: true };
  }
  const unreadOrdinal = unread > 0 && unread < unreadOpenMax ? await firstUnread(chat, roomId) : undefined;
  if (unreadOrdinal !== undefined) {
    await chat.rooms.load(roomId, Math.max(firstOrdinal, unreadOrdinal - aroundOrdinals), Math.min(ordinal, unreadOrdinal + aroundOrdinals));
    return { phase: 'ready', at: { ordinal: unreadOrdinal, align: 'start' }, unreadOrdinal, flash: false };
  }
  const left = placeLeft(chat.state.getSnapshot().me ?? '', roomId);
  if (left && left.ordinal >= firstOrdinal && left.ordinal <= ordinal) {
    await chat.rooms.load(roomId, Math.max(firstOrdinal, left.ordinal - aroundOrdinals), Math.min(ordinal, left.ordinal + aroundOrdinals));
    return { phase: 'ready', at: { ...left, align: 'start' }, unreadOrdinal: undefined, flash: false };
  }
  await chat.rooms.loadTail(roomId);
  return { phase: 'ready', at: { ordinal: Number.POSITIVE_INFINITY, align: 'end' }, unreadOrdinal: undefined, flash: false };
}

/**
 * Ordinal of the first message of others above the marker. The unread count gives a good guess; numbers ascend with
 * ordinals, so a page too late or too early tells which way to go. Undefined where there is none.
 */
export async function firstUnread(chat: Chat, roomId: string): Promise<number | undefined> {
  const snapshot = chat.state.getSnapshot();
  const me = snapshot.me;
  const room = snapshot.rooms.get(roomId)?.room;
  if (!room) return undefined;
  const { firstOrdinal, ordinal: last } = room;
  // What was said before one came in is history, not news.
  const marker = Math.max(room.marker, room.joinedN);
  const at = (ordinal: number) => {
    const entry = chat.state.getSnapshot().rooms.get(roomId);
    return entry && messageOf(entry, ordinal);
  };
  let guess = Math.max(firstOrdinal, last - room.unread + 1);
  for (let step = 0; step < stepsMax; step += 1) {
    const from = Math.max(firstOrdinal, guess - (guess - 1) % pageOrdinals);
    const to = Math.min(last, from + pageOrdinals - 1 - ((from - 1) % pageOrdinals));
    await chat.rooms.load(roomId, from, to);
    const [first, end] = [at(from), at(to)];
    if (!first || !end) return undefined;
    if (first.n > marker && from > firstOrdinal) {
      const before = from - 1;
      await chat.rooms.load(roomId, before, before);
      const previous = at(before);
      if (previous && previous.n > marker) {
        guess = before;
        continue;
      }
    }
    for (let ordinal = from; ordinal <= to; ordinal += 1) {
      const message = at(ordinal);
      if (message && message.n > marker && message.author !== me && message.state !== 'redacted') return ordinal;
    }
    if (to >= last) return undefined;
    guess = to + 1;
  }
  return undefined;
}
