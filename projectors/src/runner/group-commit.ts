import type { Sql } from '@parley/kernel/stores/postgres';
import { combine } from '../combine.ts';
import { applyCommits, applyTogether, type LaneBatch } from './apply.ts';

/** Transactions begin at least so far apart while little is to do; the first after a pause begins at once. */
const paceMs = 20;
/** Whoever has so many events waits for nobody. */
export const eventsTogetherMax = 512;
/** Of the connections some are left for what is not batches. */
const transactionsAtOnce = 8;
/** Nobody waits longer for somebody else's lock. */
const lockMsMax = 100;

export type GroupCommit = {
  /** Resolves when a lane should take what it has: for all that wait at the same moment. `hasEvents`: somebody may be waiting for them. */
  readonly turn: (hasEvents: boolean) => Promise<void>;
  /** Applies a lane's batch; resolves with the milliseconds that its transaction took. Rejects as `applyCommits` does. */
  readonly apply: (batch: LaneBatch) => Promise<number>;
};

/**
 * Applies what several lanes have at the same time in one transaction: at a few hundred messages a second most batches
 * are of one message, and it is transactions that cost, not rows. A batch that cannot go along (its checkpoint is
 * elsewhere or held, its rows are locked, its commits are poison, its tables are gone) is found by applying each alone,
 * and holds up nobody but itself.
 * Source: group commit, as databases do it for their logs; ADR 0017.
 */
export function createGroupCommit(sql: Sql): GroupCommit {
  const alone = async ({ lane, from, to, commits, skipped }: LaneBatch): Promise<number> => {
    const begun = performance.now();
    await sql.begin((tx) => applyCommits(tx, lane, from, to, commits, skipped));
    return performance.now() - begun;
  };
  const together = async (batches: readonly LaneBatch[]): Promise<(number | Promise<number>)[]> => {
    const begun = performance.now();
    try {
      await sql.begin((tx) => applyTogether(tx, batches, lockMsMax));
    } catch {
      return batches.map(alone);
    }
    return batches.map(() => performance.now() - begun);
  };
  const apply = combine<LaneBatch, number>(async (batches) => {
    if (batches.length > 1) return together(batches);
    const one = alone(batches[0]!);
    await one.catch(() => {});
    return [one];
  }, { max: eventsTogetherMax, weigh: weightOf, callsMax: transactionsAtOnce });
  return { turn: createTurns(), apply };
}

/** What only moves a checkpoint waits for a turn that comes anyway, and never takes one from those with events. */
function createTurns(): GroupCommit['turn'] {
  let lastMs = Number.NEGATIVE_INFINITY;
  let next: PromiseWithResolvers<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    clearTimeout(timer);
    lastMs = performance.now();
    next?.resolve();
    next = undefined;
  };
  return async (hasEvents) => {
    const leftMs = lastMs + paceMs - performance.now();
    if (hasEvents && leftMs <= 0) return begin();
    if (!next) {
      next = Promise.withResolvers();
      timer = setTimeout(begin, Math.ceil(leftMs > 0 ? leftMs : paceMs));
    }
    await next.promise;
  };
}

const weightOf = ({ commits }: LaneBatch): number => commits.reduce((sum, { events }) => sum + events.length, 1);
