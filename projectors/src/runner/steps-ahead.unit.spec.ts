import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Sql } from '@parley/kernel/stores/postgres';
import { createGroupCommit } from './group-commit.ts';
import type { Step } from './prepare.ts';
import type { OpenedCommit } from './projection.ts';
import { StepsAhead } from './steps-ahead.ts';

const commit = (seq: number, events: number): OpenedCommit => ({ seq, kind: 'room', id: 'r', n: seq, at: '', prev: '', hash: '', events: Array.from({ length: events }, () => ({ type: 't', n: seq, by: '', commandId: '', data: {} })) });
const batch = (toSeq: number, events: number): Step => ({ what: 'apply', toSeq, commits: events === 0 ? [] : [commit(toSeq, events)], storedAtMs: toSeq });
const poison = (toSeq: number): Step => ({ what: 'park', toSeq, item: { what: 'corrupt', seq: toSeq, aggregate: { kind: 'room', id: 'r' }, reason: 'x', detail: '' }, storedAtMs: toSeq });
const turnOfLoop = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

/** Steps that come when they are let, and what was asked of them. */
async function* stream(steps: readonly (Step | Error)[], asked: { count: number } = { count: 0 }): AsyncGenerator<Step> {
  for (const step of steps) {
    asked.count += 1;
    if (step instanceof Error) throw step;
    yield step;
  }
}
const taken = (step: Step | undefined) => step && [step.what, step.toSeq, step.what === 'apply' ? step.commits.map(({ seq }) => seq) : []];

describe('steps ahead', () => {
  test('are handed out as one, what is no batch alone and in its place', async () => {
    const ahead = new StepsAhead(stream([batch(1, 1), batch(3, 0), batch(4, 2), poison(5), batch(6, 1), batch(7, 1)]));
    await turnOfLoop();
    expect(ahead.events).toBe(3);
    expect(taken(ahead.take())).toEqual(['apply', 4, [1, 4]]);
    expect([ahead.events, taken(ahead.take())]).toEqual([0, ['park', 5, []]]);
    await turnOfLoop();
    expect(taken(ahead.take())).toEqual(['apply', 7, [6, 7]]);
    await ahead.ready();
    expect(ahead.take()).toBeUndefined();
  });

  test('nothing is prepared behind what is no batch, nor beyond 2,000 events, and never more are handed out', async () => {
    const asked = { count: 0 };
    const ahead = new StepsAhead(stream([poison(1), batch(2, 1_500), batch(3, 1_500), batch(4, 1)], asked));
    await turnOfLoop();
    expect(asked.count).toBe(1);
    ahead.take();
    while (asked.count < 3) await turnOfLoop();
    await turnOfLoop();
    expect(asked.count).toBe(3);
    expect(taken(ahead.take())).toEqual(['apply', 2, [2]]);
    while (asked.count < 4) await turnOfLoop();
    await turnOfLoop();
    expect(taken(ahead.take())).toEqual(['apply', 4, [3, 4]]);
  });

  test('a failure is met once all before it was taken', async () => {
    const ahead = new StepsAhead(stream([batch(1, 1), new Error('the log is away')]));
    await ahead.ready();
    await turnOfLoop();
    expect(taken(ahead.take())).toEqual(['apply', 1, [1]]);
    await ahead.ready();
    expect(() => ahead.take()).toThrow('the log is away');
  });

  test('end when they are stopped, however much waits', async () => {
    const asked = { count: 0 };
    const ahead = new StepsAhead(stream([batch(1, 5_000), batch(2, 1), batch(3, 1)], asked));
    await turnOfLoop();
    await ahead.stop();
    expect(asked.count).toBe(1);
  });
});

describe('turns', () => {
  afterEach(() => { vi.useRealTimers(); });

  test('come at once after a pause, then 20 ms apart for all who wait; a lane without events goes along', async () => {
    vi.useFakeTimers();
    const { turn } = createGroupCommit({} as Sql);
    const begun = performance.now();
    const at: [string, number][] = [];
    const wait = (name: string, hasEvents = true): void => { turn(hasEvents).then(() => at.push([name, performance.now() - begun]), () => {}); };
    wait('quiet', false);
    await vi.advanceTimersByTimeAsync(1);
    wait('first');
    await vi.advanceTimersByTimeAsync(4);
    wait('second');
    wait('third');
    await vi.advanceTimersByTimeAsync(100);
    wait('later');
    await vi.advanceTimersByTimeAsync(0);
    expect(at.toSorted(([, one], [, other]) => one - other)).toEqual([['first', 1], ['quiet', 1], ['second', 21], ['third', 21], ['later', 105]]);
  });
});
