import { describe, expect, test } from 'vitest';
import { isVisible, type Stay, visibleSpans } from './visible.ts';

const end = { n: 100, ordinal: 60 };
const stay = (joinedN: number, joinedOrdinal: number, leftN: number | null = null, leftOrdinal: number | null = null): Stay => ({ joinedN, joinedOrdinal, leftN, leftOrdinal, role: 'member' });

describe('what of a room a person may read', () => {
  test.each<[string, 'all' | 'since-join', Stay[], number[]]>([
    ['who never was a member reads nothing', 'all', [], []],
    ['a member of a room that shows all reads all', 'all', [stay(50, 30)], [1, 49, 50, 100]],
    ['who left reads up to the leaving, which they see', 'all', [stay(10, 5, 50, 30)], [1, 10, 50]],
    ['who left twice reads up to the last leaving', 'all', [stay(10, 5, 20, 9), stay(30, 12, 50, 30)], [1, 25, 50]],
    ['who came back reads all', 'all', [stay(10, 5, 50, 30), stay(80, 40)], [1, 49, 51, 79, 80, 100]],
    ['since joining: from the joining', 'since-join', [stay(50, 30)], [50, 100]],
    ['since joining, gone: their stay', 'since-join', [stay(10, 5, 50, 30)], [10, 50]],
    ['since joining, back: both stays, not what was between', 'since-join', [stay(10, 5, 50, 30), stay(80, 40)], [10, 50, 80, 100]],
  ])('%s', (_what, history, stays, visible) => {
    const spans = visibleSpans(history, stays, end);
    for (const n of visible) expect(isVisible(spans, n)).toBe(true);
    expect(isVisible(spans, 101)).toBe(false);
  });

  test('nothing outside, by number and by ordinal', () => {
    const spans = visibleSpans('since-join', [stay(10, 5, 50, 30), stay(80, 40)], end);
    expect([9, 51, 79, 101].some((n) => isVisible(spans, n))).toBe(false);
    expect(spans).toEqual([{ fromN: 10, toN: 50, fromOrdinal: 6, toOrdinal: 30 }, { fromN: 80, toN: 100, fromOrdinal: 41, toOrdinal: 60 }]);
    expect(visibleSpans('all', [stay(10, 5, 50, 30)], end)).toEqual([{ fromN: 1, toN: 50, fromOrdinal: 1, toOrdinal: 30 }]);
  });
});
