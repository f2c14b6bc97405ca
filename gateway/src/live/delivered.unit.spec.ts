import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from '@parley/contracts/realtime/cursor';
import { streamNames } from '@parley/contracts/wire/partition';
import { Delivered } from './delivered.ts';

test('the token is the cursor of the contracts, and changes with each delivery', () => {
  const delivered = new Delivered('abc123');
  const seqs = streamNames.map(() => 0);
  expect(delivered.token()).toBe(encodeCursor({ epoch: 'abc123', seqs }));
  for (const [stream, seq] of [[3, 41], [19, 1_000_003], [3, 42]] as const) {
    delivered.advance(stream, seq);
    seqs[stream] = seq;
    expect(decodeCursor(delivered.token())).toEqual({ epoch: 'abc123', seqs });
  }
});

test('it never goes back', () => {
  const delivered = new Delivered('e');
  delivered.advance(2, 9);
  delivered.advance(2, 4);
  expect(delivered.at(2)).toBe(9);
});

test('it knows what it has reached; −1 asks for nothing', () => {
  const delivered = new Delivered('e');
  delivered.advance(0, 5);
  const wanted = streamNames.map(() => -1);
  expect(delivered.reached(wanted)).toBe(true);
  expect(delivered.reached(wanted.with(0, 5))).toBe(true);
  expect(delivered.reached(wanted.with(0, 6))).toBe(false);
});
