import { missingOrdinals } from '@parley/client/selectors';
import type { Problem } from '@parley/contracts/problems/codes';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useChat } from '../../sync/chat.tsx';
import { troubleOf } from '../../sync/trouble.ts';

/** Rows are fetched this far ahead of what is seen. */
const aheadRows = 30;
const pageOrdinals = 100;

const pageStart = (ordinal: number): number => ordinal - ((ordinal - 1) % pageOrdinals);

/**
 * Keeps loaded what is on screen and a little around it. One request at a time; the newest wish wins, so that a drag
 * through a hundred thousand messages asks only for where it rests.
 */
export function useWindow(roomId: string): { readonly want: (fromOrdinal: number, toOrdinal: number) => void; readonly trouble: Problem | undefined; readonly again: () => void } {
  const chat = useChat();
  const wanted = useRef<readonly [number, number]>(undefined);
  const busy = useRef(false);
  const alive = useRef(true);
  const [trouble, setTrouble] = useState<Problem>();
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);

  const pump = useCallback(async (): Promise<void> => {
    if (busy.current) return;
    busy.current = true;
    try {
      while (alive.current && wanted.current) {
        const entry = chat.state.getSnapshot().rooms.get(roomId);
        if (!entry) break;
        const [from, to] = wanted.current;
        const missing = missingOrdinals(entry, Math.max(entry.room.firstOrdinal, from), Math.min(entry.room.ordinal, to));
        if (missing.length === 0) break;
        // What is seen comes before what is only near: the missing place closest to the middle.
        const middle = (from + to) / 2;
        const next = missing.reduce((best, ordinal) => (Math.abs(ordinal - middle) < Math.abs(best - middle) ? ordinal : best));
        const start = Math.max(entry.room.firstOrdinal, pageStart(next));
        await chat.rooms.load(roomId, start, Math.min(entry.room.ordinal, pageStart(next) + pageOrdinals - 1));
        const after = chat.state.getSnapshot().rooms.get(roomId);
        // An answer without the place that was asked for must not be asked for again and again.
        if (!after || missingOrdinals(after, next, next).length > 0) break;
      }
      if (alive.current) setTrouble(undefined);
    } catch (error) {
      if (alive.current) setTrouble(troubleOf(error));
    } finally {
      busy.current = false;
    }
  }, [chat, roomId]);

  const start = useCallback(() => {
    pump().catch((error: unknown) => setTrouble(troubleOf(error)));
  }, [pump]);
  const want = useCallback((from: number, to: number) => {
    const range = [from - aheadRows, to + aheadRows] as const;
    if (wanted.current?.[0] === range[0] && wanted.current[1] === range[1] && busy.current) return;
    wanted.current = range;
    start();
  }, [start]);
  return { want, trouble, again: start };
}
