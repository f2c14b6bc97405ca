import type { HistoryRule } from './events.ts';

/** One stay of a person in a room; null while it lasts. Numbers are event numbers, ordinals count messages. */
export type Stay = {
  readonly joinedN: number; readonly joinedOrdinal: number; readonly leftN: number | null; readonly leftOrdinal: number | null; readonly role: string;
};

/** Events `fromN`…`toN` and messages `fromOrdinal`…`toOrdinal`, all included, may be read. */
export type Span = { readonly fromN: number; readonly toN: number; readonly fromOrdinal: number; readonly toOrdinal: number };

/** How far a room has come, at the instant at which the stays were read: nothing later is shown on their strength. */
export type RoomEnd = { readonly n: number; readonly ordinal: number };

/**
 * What of a room a person may read: the one rule that history, single messages, pins, last messages, unread counts and
 * audits share. With history `all`, everything up to the end of the last stay; with `since-join`, each stay from its
 * joining event to its leaving event. Nobody who never was a member reads anything. Ascending, never overlapping.
 */
export function visibleSpans(history: HistoryRule, stays: readonly Stay[], end: RoomEnd): Span[] {
  const spans = stays.map(({ joinedN, joinedOrdinal, leftN, leftOrdinal }) => ({
    fromN: joinedN, toN: leftN ?? end.n, fromOrdinal: joinedOrdinal + 1, toOrdinal: leftOrdinal ?? end.ordinal,
  }));
  if (spans.length === 0 || history === 'since-join') return spans;
  return [{ fromN: 1, toN: Math.max(...spans.map(({ toN }) => toN)), fromOrdinal: 1, toOrdinal: Math.max(...spans.map(({ toOrdinal }) => toOrdinal)) }];
}

export const isVisible = (spans: readonly Span[], n: number): boolean => spans.some(({ fromN, toN }) => n >= fromN && n <= toN);
