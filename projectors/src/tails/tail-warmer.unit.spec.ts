import type { Sql } from '@parley/kernel/stores/postgres';
import type { Cache } from '@parley/kernel/stores/redis';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTailWarmer } from './tail-warmer.ts';

let warmed: string[];
const sql = (async (_text: TemplateStringsArray, _count: number, room: string) => {
  warmed.push(room);
  return [{ n: 1, epoch: 'e', generation: 1, messages: [] }];
}) as unknown as Sql;
const cache = { set: async () => {} } as unknown as Cache;

beforeEach(() => {
  warmed = [];
  vi.useFakeTimers();
});
afterEach(() => { vi.useRealTimers(); });

test('a room is warmed once it is quiet, however much was said before, and again after the next message', async () => {
  const tails = createTailWarmer(sql, cache);
  for (let message = 0; message < 20; message += 1) {
    tails.warm(['busy', 'busy']);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(warmed).toEqual([]);
  tails.warm(['other']);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(warmed).toEqual(['busy', 'other']);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(warmed).toEqual(['busy', 'other']);
  tails.warm(['busy']);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(warmed).toEqual(['busy', 'other', 'busy']);
});

test('of too many, those that have been quiet the longest are left out; after the end nothing is warmed', async () => {
  const tails = createTailWarmer(sql, cache);
  tails.warm(Array.from({ length: 1_005 }, (_, index) => `room-${index}`));
  await vi.advanceTimersByTimeAsync(1_000);
  expect([warmed.length, warmed[0]]).toEqual([1_000, 'room-5']);
  tails.warm(['late']);
  await tails.idle();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(warmed).toHaveLength(1_000);
});
