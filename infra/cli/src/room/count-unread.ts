import type { HistoryRule } from '@parley/contracts/rooms/events';
import { isVisible, visibleSpans } from '@parley/contracts/rooms/visible';
import type { MessageRow } from '@parley/projectors/projections/conversations/rows';
import type { RoomFold } from './room-fold.ts';

/** Counting stops here, as in queries. */
export const unreadMax = 1_000;

export type Unread = {
  /** Ordinal of the last message that the person may read, and of the last one at or below the marker (or before what they may read). */
  readonly lastOrdinal: number; readonly readOrdinal: number;
  /** Between those two: not shown to them, their own, redacted. */
  readonly hidden: number; readonly own: number; readonly redacted: number;
  /** What is left, uncapped, and the messages themselves, ascending. */
  readonly unread: number; readonly counted: readonly MessageRow[];
};

/** Why a person sees so many unread messages. Undefined when they are no member now, so that nothing is counted for them. */
export function countUnread(fold: RoomFold, userId: string, marker: number): Unread | undefined {
  const { room } = fold;
  const stays = fold.stays().filter(({ user_id }) => user_id === userId);
  if (!room || room.deleted_n !== null || !stays.some(({ left_n }) => left_n === null)) return undefined;
  const spans = visibleSpans(
    room.history as HistoryRule,
    stays.map(({ joined_n, joined_ordinal, left_n, left_ordinal, role }) => ({ joinedN: joined_n, joinedOrdinal: joined_ordinal, leftN: left_n, leftOrdinal: left_ordinal, role })),
    room,
  );
  const messages = fold.messages();
  const lastOrdinal = spans.at(-1)?.toOrdinal ?? 0;
  const read = messages.findLast(({ n }) => n <= marker)?.ordinal ?? 0;
  const readOrdinal = Math.min(lastOrdinal, Math.max(read, (spans[0]?.fromOrdinal ?? 1) - 1));
  const above = messages.filter(({ ordinal }) => ordinal > readOrdinal && ordinal <= lastOrdinal);
  const shown = above.filter(({ n }) => isVisible(spans, n));
  const others = shown.filter(({ author }) => author !== userId);
  const counted = others.filter(({ state }) => state !== 'redacted');
  return {
    lastOrdinal, readOrdinal, hidden: above.length - shown.length, own: shown.length - others.length, redacted: others.length - counted.length,
    unread: counted.length, counted,
  };
}

/** `1204 − 1190 − 2 own = 12`. */
export function renderSum({ lastOrdinal, readOrdinal, hidden, own, redacted, unread }: Unread): string {
  const less = [[own, 'own'], [redacted, 'redacted'], [hidden, 'not shown to them']] as const;
  return `${lastOrdinal} − ${readOrdinal}${less.map(([number, what]) => (number > 0 ? ` − ${number} ${what}` : '')).join('')} = ${unread}`;
}
