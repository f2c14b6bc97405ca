import { describe, expect, test } from 'vitest';
import type { Memberships } from '../http/query-client.ts';
import { type ControlFact, Entry } from './entry.ts';
import { type ControlSource, foldMemberships } from './membership-fold.ts';

const me = 'me';
const control = (seq: number, id: string, ...controls: ControlFact[]) => {
  const entry = new Entry({ stream: 0, seq, subject: `evt.0.room.${id}`, kind: 'room', id, bytes: Buffer.alloc(0), storedAtMs: 0, isControl: true, traceparent: undefined });
  entry.controls = controls;
  entry.n = controls[0]?.n ?? 1;
  entry.lastN = controls.at(-1)?.n ?? 1;
  return entry;
};
const source = (entries: readonly Entry[], head: number, floor = 0): ControlSource => ({
  floor: () => floor, head: () => head, streamOf: () => 0, controls: (_, after) => entries.filter(({ seq }) => seq > after),
});
const list = (seq: number, ...rooms: { roomId: string; joinedN: number; lastN: number; members: number }[]) =>
  ({ rooms: rooms.map((room) => ({ ...room, history: 'all' })), seqs: [seq] }) as unknown as Memberships;
const fold = (memberships: Memberships, from: ControlSource) => foldMemberships(me, memberships, from);

describe('a list of memberships is brought to the position of the gateway', () => {
  test('what the list knows is not applied again', () => {
    const removed = control(5, 'a', { type: 'left', n: 7, userId: me });
    expect(fold(list(5, { roomId: 'a', joinedN: 9, lastN: 9, members: 2 }), source([removed], 8))).toEqual([{ roomId: 'a', joinedN: 9, members: 2 }]);
    // The list's stream position is behind, its knowledge of the room is not.
    expect(fold(list(3, { roomId: 'a', joinedN: 9, lastN: 9, members: 2 }), source([removed], 8))).toEqual([{ roomId: 'a', joinedN: 9, members: 2 }]);
  });
  test('a removal after the list takes the seat away', () => {
    expect(fold(list(3, { roomId: 'a', joinedN: 2, lastN: 4, members: 2 }), source([control(5, 'a', { type: 'left', n: 7, userId: me })], 8))).toEqual([]);
  });
  test('a join after the list gives one, and leaving again takes it', () => {
    const joined = control(5, 'b', { type: 'joined', n: 7, userId: me });
    expect(fold(list(3), source([joined], 8))).toEqual([{ roomId: 'b', joinedN: 7, members: Number.NaN }]);
    expect(fold(list(3), source([joined, control(6, 'b', { type: 'left', n: 8, userId: me })], 8))).toEqual([]);
  });
  test('others who come and go change the count', () => {
    const others = [control(5, 'a', { type: 'joined', n: 7, userId: 'x' }), control(6, 'a', { type: 'joined', n: 8, userId: 'y' }), control(7, 'a', { type: 'left', n: 9, userId: 'x' })];
    expect(fold(list(3, { roomId: 'a', joinedN: 2, lastN: 6, members: 2 }), source(others, 8))).toEqual([{ roomId: 'a', joinedN: 2, members: 3 }]);
  });
  test('a deleted room is nobody’s', () => {
    expect(fold(list(3, { roomId: 'a', joinedN: 2, lastN: 6, members: 2 }), source([control(5, 'a', { type: 'deleted', n: 7, userId: '' })], 8))).toEqual([]);
  });
  test('what was not delivered yet is not applied: it will be', () => {
    expect(fold(list(3, { roomId: 'a', joinedN: 2, lastN: 6, members: 2 }), source([control(9, 'a', { type: 'left', n: 7, userId: me })], 8))).toHaveLength(1);
  });
  test('a list from before what is in memory says nothing', () => {
    expect(fold(list(3), source([], 8, 4))).toBeUndefined();
    expect(fold(list(4), source([], 8, 4))).toEqual([]);
    expect(fold(list(3), source([], 3, 4))).toEqual([]);
  });
});
