import { expect, test } from 'vitest';
import { QuerySide } from './testing/query-side.ts';
import type { CommitFrame, ServerFrame } from '@parley/contracts/realtime/frames';
import { reduce } from './reducer.ts';
import { initialState } from './state.ts';

const [ann, bob] = ['0190a3b0-1111-7000-8000-000000000001', '0190a3b0-1111-7000-8000-000000000002'];
const frame = (n: number, type: string, by: string, data: object, content?: object): CommitFrame =>
  ({ type: 'commit', kind: 'room', id: 'a', seq: n, n, at: `2026-01-01T00:00:0${n}.000Z`, events: [{ type, v: 1, n, commandId: `c${n}`, by, data, ...(content && { content }) }], cursor: `k${n}` }) as unknown as CommitFrame;
const posted = (n: number, author: string, ordinal: number, text: string): CommitFrame =>
  frame(n, 'message.posted', author, { messageId: `m${n}`, author, ordinal, hasLink: false, mentions: [] }, { text });

const commits = [
  frame(1, 'room.created', bob, { kind: 'public', history: 'all', createdBy: bob }, { name: 'a' }), frame(2, 'room.member-joined', bob, { userId: bob, role: 'owner' }),
  posted(3, ann, 1, 'secret one'), posted(4, bob, 2, 'stays'), posted(5, ann, 3, 'secret two'), frame(6, 'message.edited', ann, { messageId: 'm5', targetN: 5, hasLink: false, mentions: [] }, { text: 'secret three' }),
];
const erased = { type: 'commit', kind: 'user', id: ann, seq: 9, n: 3, at: '2026-01-01T00:00:09.000Z', events: [{ type: 'user.erased', v: 1, n: 3, commandId: 'e', by: 'system', data: {} }], cursor: 'k9' } as unknown as ServerFrame;

test('whoever is erased leaves no word in the state, of pages, lists and frames that may be folded again', () => {
  const server = new QuerySide('a', commits);
  const loaded = reduce(initialState, { type: 'list-loaded', rooms: [server.room(4, bob, 2)], pages: new Map([['a', [server.history(4, 0, 100)]]]) });
  const full = reduce(loaded, { type: 'frames', frames: commits.slice(4), nowMs: 0 });
  const named = reduce(full, { type: 'users-loaded', users: [{ userId: ann, name: 'secret name', kind: 'user', status: { text: 'secret status', emoji: '' } }], asked: [ann] } as never);
  expect(JSON.stringify([...named.rooms, ...named.users])).toContain('secret');
  const after = reduce(named, { type: 'frames', frames: [erased], nowMs: 0 });
  expect(JSON.stringify([...after.rooms, ...after.users, ...after.pendingNames])).not.toContain('secret');
  const messages = after.rooms.get('a')!.pages[0]!.messages.filter((message) => message !== undefined);
  expect(messages.map(({ state, text }) => ({ state, text }))).toEqual([{ state: 'erased', text: null }, { state: 'shown', text: 'stays' }, { state: 'erased', text: null }]);
  expect(after.rooms.get('a')!.room.last).toMatchObject({ state: 'erased', text: null });
  // Rooms without a word of theirs are as they were.
  expect(reduce(after, { type: 'frames', frames: [erased], nowMs: 0 }).rooms.get('a')!.pages[0]).toBe(after.rooms.get('a')!.pages[0]);
});
