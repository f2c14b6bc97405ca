import { expect, test } from 'vitest';
import { CommandId, timestampOf } from '@parley/contracts/ids';
import { createServerClock } from './server-clock.ts';
import { createUuidV7 } from './uuidv7.ts';

test('ids are canonical, carry the clock and only rise, also within a millisecond and when the clock goes back', () => {
  let now = 1_700_000_000_000;
  const newId = createUuidV7(() => now);
  const ids = Array.from({ length: 20_000 }, (_, index) => {
    if (index === 10_000) now -= 5_000;
    return newId();
  });
  for (const id of ids.slice(0, 200)) expect(CommandId.safeParse(id).success).toBe(true);
  expect(timestampOf(ids.at(0)!)).toBe(1_700_000_000_000);
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(ids.length);
});

test('the server’s clock is read from the quickest answer', () => {
  const clock = createServerClock(() => 10_000);
  clock.learn(9_000, 9_100, 19_050);
  expect(clock.now()).toBe(20_000);
  clock.learn(9_200, 10_000, 25_000);
  expect(clock.now()).toBe(20_000);
  clock.learn(9_990, 10_000, 20_005);
  expect(clock.now()).toBe(20_010);
});
