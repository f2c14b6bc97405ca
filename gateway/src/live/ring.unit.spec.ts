import { describe, expect, test } from 'vitest';
import { Entry } from './entry.ts';
import { Rings } from './ring.ts';

const entry = (seq: number, more: Partial<Pick<Entry, 'stream' | 'subject' | 'kind' | 'isControl' | 'storedAtMs' | 'bytes'>> = {}) =>
  new Entry({ stream: 0, seq, subject: 'evt.0.room.a', kind: 'room', id: 'a', bytes: Buffer.alloc(100), storedAtMs: seq, isControl: false, traceparent: undefined, ...more });
const seqs = (entries: readonly Entry[]) => entries.map(({ seq }) => seq);

describe('the newest commits in memory', () => {
  test('are found by aggregate, those after a sequence', () => {
    const rings = new Rings(1_000_000, 1_000_000);
    for (const seq of [1, 3, 5]) rings.push(entry(seq));
    rings.push(entry(4, { subject: 'evt.0.room.b' }));
    expect(seqs(rings.of(0, 'evt.0.room.a', 1))).toEqual([3, 5]);
    expect(seqs(rings.of(0, 'evt.0.room.a', 5))).toEqual([]);
    expect(seqs(rings.of(0, 'evt.0.room.b', 0))).toEqual([4]);
    expect(rings.of(1, 'evt.0.room.a', 0)).toEqual([]);
  });

  test('leave by age, and the floor says what is no longer there', () => {
    const rings = new Rings(1_000_000, 10);
    rings.begin(0, 7);
    expect(rings.floor(0)).toBe(7);
    for (let seq = 8; seq <= 30; seq += 1) rings.push(entry(seq, { isControl: seq % 2 === 0, kind: seq % 3 === 0 ? 'user' : 'room' }));
    rings.evict(30);
    expect(rings.floor(0)).toBe(19);
    expect(seqs(rings.of(0, 'evt.0.room.a', 0))[0]).toBe(20);
    expect(seqs(rings.controls(0, 21))).toEqual([22, 24, 26, 28, 30]);
    expect(seqs(rings.people(0, 0))).toEqual([21, 24, 27, 30]);
    rings.evict(1_000);
    expect(rings.bytes).toBe(0);
    expect(rings.of(0, 'evt.0.room.a', 0)).toEqual([]);
  });

  test('never exceed their bytes, the oldest of all streams leaving first', () => {
    const rings = new Rings(entry(1).cost * 4, 1_000_000);
    for (let seq = 1; seq <= 4; seq += 1) {
      rings.push(entry(seq, { storedAtMs: seq * 2 }));
      rings.push(entry(seq, { stream: 1, storedAtMs: seq * 2 + 1 }));
    }
    rings.evict(0);
    expect(rings.bytes).toBe(entry(1).cost * 4);
    expect([rings.floor(0), rings.floor(1)]).toEqual([2, 2]);
  });

  test('count a frame that was built later, and what was learnt of words', () => {
    const rings = new Rings(1_000_000, 1_000_000);
    const one = entry(1);
    rings.push(one);
    const before = rings.bytes;
    one.body = Buffer.alloc(5_000);
    rings.recount(one);
    expect(rings.bytes).toBeGreaterThanOrEqual(before + 5_000);
    const built = rings.bytes;
    one.words = [{ n: 1, kind: 'posted', messageId: 'a', author: 'b' }, { n: 2, kind: 'posted', messageId: 'c', author: 'b' }];
    rings.recount(one);
    expect(rings.bytes).toBeGreaterThan(built + 2 * 100);
    rings.evict(10_000_000);
    expect(rings.bytes).toBe(0);
    rings.recount(one);
    expect(rings.bytes).toBe(0);
  });
});
