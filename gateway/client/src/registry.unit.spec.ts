import { describe, expect, test } from 'vitest';
import { claimEvents } from '@parley/contracts/claims/events';
import { messageEvents } from '@parley/contracts/messages/events';
import { queries } from '@parley/contracts/queries/queries';
import { readerEvents } from '@parley/contracts/readers/events';
import { type ServerFrame, serverFrames, subprotocol } from '@parley/contracts/realtime/frames';
import { clientCommands, commands } from '@parley/contracts/registry/commands';
import { events } from '@parley/contracts/registry/events';
import { roomEvents } from '@parley/contracts/rooms/events';
import { userEvents } from '@parley/contracts/users/events';
import { laneOf, type ClientCommand } from './commands.ts';
import { parseFrame, subprotocol as ours } from './connection.ts';
import { readerEventTypes, userFolds } from './fold-person.ts';
import { summaryFolds } from './fold-summary.ts';
import { queryPaths } from './http.ts';
import { reduce } from './reducer.ts';
import { initialState } from './state.ts';

describe('every event of the contracts is folded or never pushed', () => {
  const types = (list: readonly { type: string }[]): string[] => list.map(({ type }) => type).toSorted();
  test('rooms', () => expect(Object.keys(summaryFolds).toSorted()).toEqual(types([...roomEvents, ...messageEvents])));
  test('people', () => expect(Object.keys(userFolds).toSorted()).toEqual(types(userEvents)));
  test('readers', () => expect([...readerEventTypes].toSorted()).toEqual(types(readerEvents)));
  test('claims and the counter stay behind the gateway; nothing else is left', () => {
    expect(types(events)).toEqual(types([...roomEvents, ...messageEvents, ...userEvents, ...readerEvents, ...claimEvents]));
  });
});

test('an event of a newer server is counted, and the room goes on', () => {
  const frame = (n: number, type: string) => ({ type: 'commit', kind: 'room', id: 'a', seq: n, n, at: '2026-01-01T00:00:00.000Z', events: [{ type, v: 1, n, commandId: 'c', by: 'b', data: {} }], cursor: 'c' }) as unknown as ServerFrame;
  const room = { roomId: 'a', n: 1, ordinal: 0, marker: 0, firstOrdinal: 1, unread: 0, mentions: 0, members: 1, last: null, archived: false } as never;
  const loaded = reduce(initialState, { type: 'list-loaded', rooms: [room], pages: new Map() });
  const folded = reduce(loaded, { type: 'frames', frames: [frame(2, 'room.frozen'), frame(3, 'toString'), frame(4, 'room.archived')], nowMs: 0 });
  expect([...folded.unsupported]).toEqual([['room.frozen', 1], ['toString', 1]]);
  expect(folded.rooms.get('a')?.room).toMatchObject({ n: 4, archived: true });
});

describe('what is said twice, so that a page need not load schemas, is the same', () => {
  test('paths of queries', () => {
    expect(Object.values(queryPaths).map(([name, path]) => ({ name, path }))).toEqual(queries.map(({ name, path }) => ({ name, path })));
  });
  test('the subprotocol', () => expect(ours).toBe(subprotocol));
  test('frames', () => {
    for (const { shape } of serverFrames) expect(parseFrame(JSON.stringify({ type: shape.type.value }))).toEqual({ type: shape.type.value });
    expect(parseFrame('{"type":"brand-new"}')).toBeUndefined();
    expect(parseFrame('nonsense')).toBeUndefined();
    expect(parseFrame('null')).toBeUndefined();
  });
});

test('every command that a client may send has a lane, and one room is one lane', () => {
  const internal = commands.filter(({ route }) => !route);
  expect(internal.length).toBe(commands.length - clientCommands.length);
  const lanes = clientCommands.map(({ type, kind }) => laneOf({ type, with: 'b', ...(kind !== 'user' && { roomId: 'a' }) } as unknown as ClientCommand));
  expect(new Set(lanes)).toEqual(new Set(['room:a', 'direct:b', 'read:a', 'me']));
});
