import type { StoredEvent } from '@parley/contracts/envelope/commit';

/**
 * For each event of a commit, its place among its own command's events: what sealed content is bound to. Commands that
 * share a commit lie in it one after another.
 */
export function commandIndexes(events: readonly Pick<StoredEvent, 'commandId'>[]): readonly number[] {
  let first = 0;
  return events.map(({ commandId }, at) => {
    if (commandId !== events[first]?.commandId) first = at;
    return at - first;
  });
}
