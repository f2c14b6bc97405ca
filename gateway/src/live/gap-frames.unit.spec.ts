import { encodeCursor } from '@parley/contracts/realtime/cursor';
import { streamNames } from '@parley/contracts/wire/partition';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Delivered } from './delivered.ts';
import { Entry } from './entry.ts';
import { framesOf, GapFrames, isCurrent } from './gap-frames.ts';
import { Outgoing } from './outgoing.ts';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

function entry(seq: number, text: string, stream = 3): Entry {
  const made = new Entry({ stream, seq, subject: 's', kind: 'room', id: 'lobby', bytes: new Uint8Array(), storedAtMs: seq, isControl: false, traceparent: undefined });
  made.body = Buffer.from(`{"type":"commit","text":${JSON.stringify(text)}`);
  return made;
}
const at = (seq: number) => {
  const cursor = { epoch: 'e', seqs: streamNames.map((_, stream) => (stream === 3 ? seq : 0)) };
  return { cursor, token: encodeCursor(cursor) };
};

/** As each frame would be made for one reader alone. */
function oneByOne(from: number, entries: readonly Entry[]): Buffer {
  const vector = new Delivered('e', at(from).cursor.seqs);
  return Buffer.concat(entries.map((each) => {
    vector.advance(each.stream, each.seq);
    return new Outgoing(0, vector.token(), each.body!, 0).wire('ws');
  }));
}

test('the bytes are those of the frames one by one, in pieces', () => {
  const entries = [entry(5, 'a'), entry(6, 'x'.repeat(70_000)), entry(2, 'b', 4), entry(7, 'c')];
  const pieces = new GapFrames().pieces('ws', at(4), entries, false);
  expect(pieces.map((piece) => piece.entries.length)).toEqual([2, 2]);
  expect(Buffer.concat(pieces.map(({ bytes }) => bytes))).toEqual(oneByOne(4, entries));
  expect(Buffer.concat(pieces.flatMap(framesOf).map((frame) => frame.wire('ws')))).toEqual(oneByOne(4, entries));
});

test('who missed the same behind the same cursor gets the same bytes; nobody else does', () => {
  const frames = new GapFrames();
  const entries = [entry(5, 'a'), entry(6, 'b')];
  const [first] = frames.pieces('ws', at(4), entries, false);
  expect(frames.pieces('ws', at(4), [...entries], false)[0]).toBe(first);
  expect(frames.pieces('sse', at(4), entries, false)[0]).not.toBe(first);
  expect(frames.pieces('ws', at(3), entries, false)[0]).not.toBe(first);
  expect(frames.pieces('ws', at(4), entries.slice(1), false)[0]).not.toBe(first);
  expect(frames.pieces('ws', at(4), [entries[0]!, entry(6, 'b')], false)[0]).not.toBe(first);
  expect(frames.pieces('ws', at(4), entries, true)[0]).not.toBe(first);
});

test('what was redacted since is not sent again', () => {
  const frames = new GapFrames();
  const entries = [entry(5, 'a secret'), entry(6, 'b')];
  const [before] = frames.pieces('ws', at(4), entries, false);
  entries[0]!.body = Buffer.from('{"type":"commit","text":null');
  expect(isCurrent(before!)).toBe(false);
  expect(framesOf(before!).map((frame) => frame.wire('ws').toString()).join()).not.toContain('secret');
  const [after] = frames.pieces('ws', at(4), entries, false);
  expect(after!.bytes.toString()).not.toContain('secret');
  expect(after!.bytes).toEqual(oneByOne(4, entries));
});

test('nothing is kept for long, nor without bound', () => {
  const frames = new GapFrames();
  const entries = [entry(5, 'a')];
  const [first] = frames.pieces('ws', at(4), entries, false);
  vi.advanceTimersByTime(5_000);
  expect(frames.pieces('ws', at(4), entries, false)[0]).not.toBe(first);
  const [again] = frames.pieces('ws', at(4), entries, false);
  for (let seq = 10; seq < 30; seq += 1) frames.pieces('ws', at(seq), [entry(seq + 1, 'x'.repeat(1_000_000))], false);
  expect(frames.pieces('ws', at(4), entries, false)[0]).not.toBe(again);
});
