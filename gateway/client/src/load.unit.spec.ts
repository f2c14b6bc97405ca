import type { MyRoomView } from '@parley/contracts/queries/views';
import type { ServerFrame } from '@parley/contracts/realtime/frames';
import { expect, test } from 'vitest';
import { reduce } from './reducer.ts';
import { type ClientState, initialState } from './state.ts';

const me = '0190a3b0-1111-7000-8000-000000000001';
const room = (joinedN: number, n: number): MyRoomView => ({ roomId: 'a', n, ordinal: 0, marker: 0, firstOrdinal: 1, unread: 0, mentions: 0, members: 1, last: null, archived: false, joinedN }) as unknown as MyRoomView;
const frames = (state: ClientState, ...list: object[]): ClientState => reduce(state, { type: 'frames', frames: list as ServerFrame[], nowMs: 0 });
const entered = (n: number) => ({ type: 'entered', roomId: 'a', n, cursor: 'c' });
const removed = (n: number) => ({ type: 'commit', kind: 'room', id: 'a', seq: n, n, at: '2026-01-01T00:00:00.000Z', events: [{ type: 'room.member-removed', v: 1, n, commandId: 'c', by: 'b', data: { userId: me } }], cursor: 'c' });
/** `asked`: what was known of my coming in when the question was put; what is known now unless told. */
const answered = (state: ClientState, answer: MyRoomView | null, asked = state.entered.get('a') ?? 0): ClientState => reduce(state, { type: 'room-loaded', roomId: 'a', room: answer, pages: [], entered: asked });

test.each([['of the stay before', room(3, 4)], ['that I am no member', null]])('who came back meanwhile asks again after an answer %s', (_, late) => {
  const known = { ...initialState, me: me as ClientState['me'], loaded: true };
  const gone = frames(answered(frames(known, entered(3)), room(3, 3)), removed(4), removed(5));
  expect(gone.rooms.has('a')).toBe(false);
  // The load for the second stay is still on its way when the third begins.
  const back = frames(frames(gone, entered(6)), entered(9));
  const after = answered(back, late, 6);
  expect(after.rooms.has('a')).toBe(false);
  expect(after.needs.rooms.has('a')).toBe(true);
  const loaded = answered(after, room(9, 9));
  expect(loaded.rooms.get('a')?.n).toBe(9);
  expect([loaded.needs.rooms.size, loaded.entered.size]).toEqual([0, 0]);
});

test('who came back after an end that was told before the answer came asks again', () => {
  const known = { ...initialState, me: me as ClientState['me'], loaded: true };
  // Entered, ended and entered again before the first answer: the end waits for it among the early frames.
  const back = frames(known, entered(3), removed(4), entered(9));
  const after = answered(back, room(3, 3), 3);
  expect([after.rooms.has('a'), after.needs.rooms.has('a'), after.ended.get('a')]).toEqual([false, true, 4]);
  expect(answered(after, room(9, 9)).rooms.get('a')?.n).toBe(9);
});

test('who was removed before the answer came asks no more, however the removal was told', () => {
  const known = { ...initialState, me: me as ClientState['me'], loaded: true };
  // The answer to a question put after the entry is the last word, whether or not the removal has arrived.
  for (const back of [frames(known, entered(9)), frames(known, entered(9), removed(10))]) {
    const after = answered(back, null);
    expect([after.rooms.has('a'), after.needs.rooms.has('a')]).toEqual([false, false]);
  }
});

test('who did not come back asks no more', () => {
  const known = { ...initialState, me: me as ClientState['me'], loaded: true };
  const gone = frames(answered(frames(known, entered(3)), room(3, 3)), removed(4));
  const after = answered({ ...gone, needs: { ...gone.needs, rooms: new Set(['a']) } }, room(3, 3));
  expect([after.rooms.has('a'), after.needs.rooms.has('a')]).toEqual([false, false]);
});
