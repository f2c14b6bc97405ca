import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { Place } from './bookmark.ts';
import { fitsFacts, hasWords } from './event-filter.ts';
import { takeMerged } from './merge-streams.ts';
import { parsePoint, type Point, readPoint } from './point.ts';
import { RemovedTexts } from './removed-texts.ts';

const now = Date.parse('2026-11-25T15:30:00.000Z');
const iso = (text: string): string => new Date((readPoint(text, now) as Extract<Point, { atMs: number }>).atMs).toISOString();

describe('a point', () => {
  test.each([
    ['now', '2026-11-25T15:30:00.000Z'], ['2h ago', '2026-11-25T13:30:00.000Z'], ['90 minutes ago', '2026-11-25T14:00:00.000Z'], ['1 day ago', '2026-11-24T15:30:00.000Z'],
    ['yesterday', '2026-11-24T00:00:00.000Z'], ['yesterday 14:05', '2026-11-24T14:05:00.000Z'], ['today 9:00:30', '2026-11-25T09:00:30.000Z'], ['2026-11-24', '2026-11-24T00:00:00.000Z'],
    ['2026-11-24T14:00Z', '2026-11-24T14:00:00.000Z'], ['2026-11-24 14:00', '2026-11-24T14:00:00.000Z'], ['2026-11-24T14:00:01.5+09:00', '2026-11-24T05:00:01.500Z'],
  ])('%s is %s', (text, expected) => expect(iso(text)).toBe(expected));
  test('of digits is an event number', () => expect([parsePoint('812', now), readPoint('2026', now)]).toEqual([{ n: 812 }, { n: 2026 }]));
  test.each(['', '0', '-5', '9007199254740992', '1.5', '1e3', 'tomorrow', 'today 16:00', 'yesterday 25:00', '2026-02-30', '2026-13-01', '2999-01-01', '2026-11-25T15:31Z', '1\n', '١', '2h', 'now\u0000', '1969-01-01', '\ud800'])('%j is refused', (text) => {
    expect(readPoint(text, now)).toHaveProperty('wrong');
    expect(() => parsePoint(text, now)).toThrow();
  });
  test('whatever is typed is a point of the past or refused', () => {
    fc.assert(fc.property(fc.oneof(fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)), fc.string({ unit: fc.constantFrom(...'0123456789-:TZ+. agohdm'.split('')) })), (text) => {
      const point = readPoint(text, now);
      if ('wrong' in point) return;
      expect('n' in point ? Number.isSafeInteger(point.n) && point.n > 0 : point.atMs >= 0 && point.atMs <= now).toBe(true);
    }), { numRuns: 1_000 });
  });
});

test('what an edit replaced and what a redaction took is removed, the newest text is not', () => {
  const removed = new RemovedTexts();
  const take = (n: number, type: string, targetN: number, roomId = 'a') => removed.take(roomId, n, { type, data: { targetN } });
  take(5, 'message.edited', 4);
  expect([4, 5].map((n) => removed.has('a', n))).toEqual([true, false]);
  take(6, 'message.edited', 4);
  expect([4, 5, 6].map((n) => removed.has('a', n))).toEqual([true, true, false]);
  take(9, 'message.redacted', 4);
  take(10, 'message.reacted', 6);
  expect([4, 5, 6].map((n) => removed.has('a', n))).toEqual([true, true, true]);
  expect(removed.has('b', 4)).toBe(false);
});

describe('an event', () => {
  const event = { type: 'message.posted', v: 2, commandId: 'c', by: 'kim', data: { hasLink: true } };
  const found = { kind: 'room', id: 'lab', n: 7, at: '2026-11-25T10:00:00.000Z', event };
  test.each([[{}, true], [{ type: 'message.' }, true], [{ type: 'message' }, false], [{ type: 'room.' }, false], [{ by: 'kim', id: 'lab' }, true], [{ by: 'lee' }, false], [{ fromN: 7, toN: 7 }, true], [{ fromN: 8 }, false], [{ toN: 6 }, false],
    [{ fromMs: Date.parse(found.at), toMs: Date.parse(found.at) }, true], [{ fromMs: Date.parse(found.at) + 1 }, false], [{ toMs: Date.parse(found.at) - 1 }, false], [{ kind: 'user' as const }, false], [{ commandId: 'd' }, false]])('fits %j: %s', (filter, fits) => expect(fitsFacts(filter, found)).toBe(fits));
  test('has words in its facts, and in its text once that is opened', () => {
    expect([hasWords('HASLINK', found), hasWords('hunter2', found), hasWords('hunter2', found, { text: 'the Hunter2' }), hasWords(undefined, found)]).toEqual([true, false, true, true]);
    expect(hasWords('안녕', found, { text: '안녕하세요'.normalize('NFD') })).toBe(true);
    expect(hasWords('a.c', found, { text: 'abc' })).toBe(false);
  });
});

test('streams are merged by time, each in its own order, and nothing later than what might still come', () => {
  const times = fc.array(fc.array(fc.nat(50), { maxLength: 20 }).map((list) => list.toSorted((left, right) => left - right)), { minLength: 1, maxLength: 5 });
  fc.assert(fc.property(times, (lists) => {
    const sources = lists.map((list, index) => ({ stream: `S${index}`, next: 0, waiting: list.map((storedAtMs, at) => ({ seq: at + 1, subject: '', bytes: new Uint8Array(), headers: undefined, storedAtMs })) }));
    const merged = takeMerged(sources);
    const end = Math.min(...lists.map((list) => list.at(-1) ?? -1));
    expect(merged.map(({ storedAtMs }) => storedAtMs)).toEqual(merged.map(({ storedAtMs }) => storedAtMs).toSorted((left, right) => left - right));
    expect(merged.every(({ storedAtMs }) => storedAtMs <= end)).toBe(true);
    expect(merged.length + sources.reduce((sum, { waiting, next }) => sum + waiting.length - next, 0)).toBe(lists.flat().length);
    expect(lists.some((list) => list.length === 0) || sources.some(({ waiting, next }) => next === waiting.length)).toBe(true);
  }));
});

describe('a place', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-place-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const ranges = [{ stream: 'EVT_0', fromSeq: 1, toSeq: 10 }, { stream: 'EVT_1', fromSeq: 3, toSeq: 3 }];
  const epochs = { EVT_0: 'aaaaaaaa', EVT_1: 'bbbbbbbb' };
  const open = (file: string, question: Record<string, unknown> = { words: 'x' }, of = epochs) => Place.open(join(folder, file), 'log grep', question, of, () => Promise.resolve(ranges));
  test('goes on where it was kept, within a commit too', async () => {
    const place = await open('a');
    place.moveTo('EVT_0', 1);
    place.moveTo('EVT_1', 3);
    place.stopWithin('EVT_0', 2, 5);
    await place.save();
    const again = await open('a');
    expect(again.ranges()).toEqual([{ stream: 'EVT_0', fromSeq: 2, toSeq: 10 }]);
    expect([again.skipped('EVT_0', 2), again.skipped('EVT_0', 3), again.done, again.total]).toEqual([5, 0, 2, 11]);
    again.moveTo('EVT_0', 10);
    expect([again.isDone, again.skipped('EVT_0', 2)]).toEqual([true, 0]);
  });
  test('refuses another question, another log, and what is no place', async () => {
    await expect(open('a', { words: 'y' })).rejects.toThrow(/another question/);
    await expect(open('a', { words: 'x' }, { ...epochs, EVT_0: 'cccccccc' })).rejects.toThrow(/another log: EVT_0/);
    writeFileSync(join(folder, 'b'), '{"v":1}');
    await expect(open('b')).rejects.toThrow(/holds no place/);
    expect(readFileSync(join(folder, 'b'), 'utf8')).toBe('{"v":1}');
  });
});
