import { afterEach, expect, test, vi } from 'vitest';
import { combine } from './combine.ts';

afterEach(() => { vi.useRealTimers(); });

test('what comes during a call goes together with the next, each with its own answer', async () => {
  const calls: number[][] = [];
  const double = combine<number, number>(async (items) => {
    calls.push([...items]);
    await Promise.resolve();
    return items.map((item) => item * 2);
  }, { max: 3 });
  expect(await Promise.all([1, 2, 3, 4].map(double))).toEqual([2, 4, 6, 8]);
  expect(calls).toEqual([[1, 2, 3], [4]]);
});

test('a failure is everybody’s of that call, and the next call is made all the same', async () => {
  let count = 0;
  const work = combine<number, number>(async (items) => {
    count += 1;
    if (count === 1) throw new Error('away');
    return [...items];
  }, { max: 2 });
  const results = await Promise.allSettled([1, 2, 3].map(work));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
});

test('heavy ones go in smaller numbers, several calls at once, and each still gets its own answer', async () => {
  const calls: number[][] = [];
  let under = 0;
  let most = 0;
  const work = combine<number, number>(async (items) => {
    calls.push([...items]);
    most = Math.max(most, (under += 1));
    await new Promise((resolve) => { setImmediate(resolve); });
    under -= 1;
    return items.map((item) => -item);
  }, { max: 10, weigh: (item) => item, callsMax: 2 });
  expect(await Promise.all([4, 5, 6, 50, 1, 2, 3].map(work))).toEqual([-4, -5, -6, -50, -1, -2, -3]);
  expect(calls).toEqual([[4, 5], [6], [50], [1, 2, 3]]);
  expect(most).toBe(2);
  expect(await work(7)).toBe(-7);
});

test('paced calls begin so far apart and take along what came meanwhile; the first begins at once, and so does one that is full', async () => {
  vi.useFakeTimers();
  const calls: { readonly at: number; readonly items: readonly number[] }[] = [];
  const begun = performance.now();
  const work = combine<number, number>(async (items) => {
    calls.push({ at: performance.now() - begun, items: [...items] });
    return items;
  }, { max: 4, paceMs: 20 });
  const asked = [work(1)];
  await vi.advanceTimersByTimeAsync(5);
  asked.push(work(2));
  await vi.advanceTimersByTimeAsync(10);
  asked.push(work(3));
  expect(calls).toEqual([{ at: 0, items: [1] }]);
  await vi.advanceTimersByTimeAsync(10);
  expect(calls.slice(1)).toEqual([{ at: 20, items: [2, 3] }]);
  asked.push(...[4, 5, 6, 7].map(work));
  await vi.advanceTimersByTimeAsync(0);
  expect(calls.slice(2)).toEqual([{ at: 25, items: [4, 5, 6, 7] }]);
  await vi.advanceTimersByTimeAsync(100);
  asked.push(work(8));
  await vi.advanceTimersByTimeAsync(0);
  expect(calls.slice(3)).toEqual([{ at: 125, items: [8] }]);
  expect(await Promise.all(asked)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('one may fail alone', async () => {
  const work = combine<number, number>(async (items) => items.map((item) => (item === 2 ? Promise.reject(new Error('two')) : item)), { max: 3 });
  expect((await Promise.allSettled([1, 2, 3].map(work))).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
