import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { workThrough } from './work-through.ts';

function counted(count: number) {
  const seen = { given: 0, closed: false };
  async function* items(): AsyncGenerator<number> {
    try {
      for (let item = 1; item <= count; item += 1) {
        await setImmediate();
        seen.given = item;
        yield item;
      }
    } finally {
      seen.closed = true;
    }
  }
  return { seen, items: items() };
}

test.each([1, 2, 3, 20])('every item once, %i at once at most', async (atOnce) => {
  const done: number[] = [];
  let [now, most] = [0, 0];
  await workThrough(counted(10).items, atOnce, async (item) => {
    most = Math.max(most, (now += 1));
    for (let turn = 0; turn < 5; turn += 1) await setImmediate();
    now -= 1;
    done.push(item);
  });
  expect(done.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(most).toBeLessThanOrEqual(Math.min(atOnce, 10));
  expect(most).toBeGreaterThan(Math.min(atOnce, 3) - 1);
});

test('a failure is told when what was begun has ended, and nothing is begun after it', async () => {
  const { seen, items } = counted(100);
  const ended: number[] = [];
  const working = workThrough(items, 2, async (item) => {
    if (item === 3) throw new Error('full');
    for (let turn = 0; turn < 10; turn += 1) await setImmediate();
    ended.push(item);
  });
  await expect(working).rejects.toThrow('full');
  const then = [...ended];
  expect(seen.closed).toBe(true);
  expect(seen.given).toBeLessThan(6);
  for (let turn = 0; turn < 30; turn += 1) await setImmediate();
  expect(ended).toEqual(then);
});

test('what the generator throws is told', async () => {
  async function* broken(): AsyncGenerator<number> {
    yield 1;
    throw new Error('away');
  }
  await expect(workThrough(broken(), 2, () => Promise.resolve())).rejects.toThrow('away');
});
