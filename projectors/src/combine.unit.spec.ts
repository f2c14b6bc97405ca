import { expect, test } from 'vitest';
import { combine } from './combine.ts';

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

test('one may fail alone', async () => {
  const work = combine<number, number>(async (items) => items.map((item) => (item === 2 ? Promise.reject(new Error('two')) : item)), { max: 3 });
  expect((await Promise.allSettled([1, 2, 3].map(work))).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
