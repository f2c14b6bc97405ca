import type { StoredEvent } from '@parley/contracts/envelope/commit';

/** What happened in part of an aggregate's log, counted. */
export type Summary = { events: number; readonly types: Map<string, number>; readonly people: Map<string, number> };

export const emptySummary = (): Summary => ({ events: 0, types: new Map(), people: new Map() });

export function count(summary: Summary, { type, by }: Pick<StoredEvent, 'type' | 'by'>): void {
  summary.events += 1;
  summary.types.set(type, (summary.types.get(type) ?? 0) + 1);
  summary.people.set(by, (summary.people.get(by) ?? 0) + 1);
}

export type CountDiff = { readonly what: string; readonly left: number; readonly right: number };

/** Two counts side by side, all names that occur in either, sorted. */
export function compareCounts(left: ReadonlyMap<string, number>, right: ReadonlyMap<string, number>): CountDiff[] {
  return [...new Set([...left.keys(), ...right.keys()])].toSorted().map((what) => ({ what, left: left.get(what) ?? 0, right: right.get(what) ?? 0 }));
}
