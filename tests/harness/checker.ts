import assert from 'node:assert/strict';
import type { Commit } from '@parley/contracts/envelope/commit';

/** One send as its sender knows it. */
export type Sent = { readonly commandId: string; readonly roomId: string; readonly sender: string; readonly index: number; outcome: 'ok' | 'refused' | 'unknown'; n?: number };

export type Verdict = {
  readonly acked: number;
  readonly stored: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly phantom: readonly string[];
  readonly unknownStored: number;
  readonly unknownAbsent: number;
  readonly reordered: number;
};

/**
 * Compares what senders were told with what the log holds: every acknowledged command once, every refused one never,
 * every unknown one at most once; and per room and sender the order of acknowledged sends is the order of the log.
 */
export function judge(sends: readonly Sent[], commits: Iterable<Commit>): Verdict {
  const numbers = new Map<string, number[]>();
  for (const commit of commits) {
    commit.events.forEach((event, index) => {
      if (event.type !== 'message.posted') return;
      const list = numbers.get(event.commandId) ?? [];
      list.push(commit.n + index);
      numbers.set(event.commandId, list);
    });
  }
  const of = (outcome: Sent['outcome']) => sends.filter((sent) => sent.outcome === outcome);
  const stored = (sent: Sent) => numbers.get(sent.commandId)?.length ?? 0;
  return {
    acked: of('ok').length,
    stored: numbers.size,
    lost: of('ok').filter((sent) => stored(sent) === 0).map(({ commandId }) => commandId),
    doubled: sends.filter((sent) => stored(sent) > 1).map(({ commandId }) => commandId),
    phantom: of('refused').filter((sent) => stored(sent) > 0).map(({ commandId }) => commandId),
    unknownStored: of('unknown').filter((sent) => stored(sent) === 1).length,
    unknownAbsent: of('unknown').filter((sent) => stored(sent) === 0).length,
    reordered: reorderings(sends, numbers),
  };
}

/** Pairs of one sender's consecutive acknowledged sends in one room whose numbers do not rise. Holds only for sends made one after the other. */
function reorderings(sends: readonly Sent[], numbers: ReadonlyMap<string, readonly number[]>): number {
  const last = new Map<string, number>();
  let count = 0;
  for (const sent of sends.filter(({ outcome }) => outcome === 'ok').toSorted((a, b) => a.index - b.index)) {
    const key = `${sent.roomId} ${sent.sender}`;
    const n = numbers.get(sent.commandId)?.[0];
    if (n === undefined) continue;
    if (n <= (last.get(key) ?? 0)) count += 1;
    last.set(key, n);
  }
  return count;
}

/** Fails with the whole verdict in the message unless nothing was lost, doubled, invented or reordered. */
export function assertExact(verdict: Verdict): void {
  const { lost, doubled, phantom, reordered } = verdict;
  assert.deepEqual({ lost, doubled, phantom, reordered }, { lost: [], doubled: [], phantom: [], reordered: 0 }, JSON.stringify(verdict));
}

/** Fails unless the numbers a reader saw of one room are consecutive and each came once. */
export function assertGapFree(numbers: readonly number[], what: string): void {
  for (let index = 1; index < numbers.length; index += 1) {
    assert.equal(numbers[index], numbers[index - 1]! + 1, `${what}: ${numbers[index]} came after ${numbers[index - 1]}`);
  }
}
