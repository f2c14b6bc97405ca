import { expect, test } from 'vitest';
import { readDay } from './archive-day.ts';

test('a day is what was said, by whom, and how long after the first line', () => {
  const day = readDay('2004-11-15', ['[23:58] <anna> hello', '=== bob has joined #x', '[23:59] * bob waves', '[00:02] <anna> past midnight', 'noise'].join('\n'));
  expect(day.lines).toEqual([
    { nick: 'anna', text: 'hello', afterMinutes: 0 },
    { nick: 'bob', text: 'bob waves', afterMinutes: 1 },
    { nick: 'anna', text: 'past midnight', afterMinutes: 4 },
  ]);
});
