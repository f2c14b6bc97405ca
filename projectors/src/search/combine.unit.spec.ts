import { expect, test } from 'vitest';
import { combine } from './combine.ts';

test('what comes during a call goes together with the next, each with its own answer', async () => {
  const calls: number[][] = [];
  const double = combine<number, number>(async (items) => {
    calls.push([...items]);
    await Promise.resolve();
    return items.map((item) => item * 2);
  }, 3);
  expect(await Promise.all([1, 2, 3, 4].map(double))).toEqual([2, 4, 6, 8]);
  expect(calls).toEqual([[1, 2, 3], [4]]);
});

test('a failure is everybody’s of that call, and the next call is made all the same', async () => {
  let count = 0;
  const work = combine<number, number>(async (items) => {
    count += 1;
    if (count === 1) throw new Error('away');
    return [...items];
  }, 2);
  const results = await Promise.allSettled([1, 2, 3].map(work));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
});
