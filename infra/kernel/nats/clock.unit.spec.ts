import type { NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clockTrouble, skewOf, watchClock } from './clock.ts';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

/** A log whose clock is `aheadMs` ahead of ours, or that does not answer. */
function log(state: { aheadMs?: number }) {
  const request = async () => {
    if (state.aheadMs === undefined) throw new Error('timeout');
    return { json: () => ({ ts: new Date(Date.now() + (state.aheadMs ?? 0)).toISOString() }) };
  };
  return { request } as unknown as NatsConnection;
}

test.each([
  [100, 110, 105, 0], [100, 110, 100, 0], [100, 110, 90, 10], [100, 110, 125, -15],
])('between %i and %i, a clock elsewhere that says %i is %i off: only what the way cannot explain', (from, to, elsewhere, skew) => expect(skewOf(from, to, elsewhere)).toBe(skew));

describe('a clock beside the log’s', () => {
  test.each([
    [0, undefined], [1_900, undefined], [-1_900, undefined],
    [30_000, 'the clock is 30000 ms behind the log’s'], [-90_000, 'the clock is 90000 ms ahead of the log’s'],
  ])('%i ms behind it: %s', async (aheadMs, trouble) => {
    const clock = await watchClock(log({ aheadMs }));
    expect(clock.trouble()).toBe(trouble);
    clock.stop();
  });

  test('is looked at again, and stays as it was while the log does not answer', async () => {
    const state: { aheadMs?: number } = { aheadMs: 0 };
    const clock = await watchClock(log(state));
    expect(clock.trouble()).toBeUndefined();
    state.aheadMs = 60_000;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(clock.trouble()).toContain('60000 ms behind');
    delete state.aheadMs;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(clock.trouble()).toContain('60000 ms behind');
    state.aheadMs = 0;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(clock.skewMs()).toBe(0);
    clock.stop();
  });

  test('of a log that has not told its time is not judged', async () => {
    const clock = await watchClock(log({}));
    expect([clock.skewMs(), clock.trouble()]).toEqual([undefined, undefined]);
    clock.stop();
  });
});

test('another clock, another bound', () => expect(clockTrouble(25_000, { whose: 'the database’s', msMax: 20_000 })).toBe('the clock is 25000 ms ahead of the database’s'));
