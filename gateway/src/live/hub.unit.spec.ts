import { beforeEach, describe, expect, test } from 'vitest';
import type { AggregateKind, Commit, StoredEvent } from '@parley/contracts/envelope/commit';
import { streamIndexOf, streamNames } from '@parley/contracts/wire/partition';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { bodyOf } from './body.ts';
import { Connection } from './connection.ts';
import { Entry } from './entry.ts';
import { Hub } from './hub.ts';
import { LiveUser } from './live-user.ts';

class Reader extends Connection {
  readonly format = 'sse';
  text = '';
  queuedBytes() { return 0; }
  drained() { return Promise.resolve(true); }
  protected put(bytes: Buffer) { this.text += bytes.toString(); }
  protected end() {}
  get frames(): Record<string, any>[] { return [...this.text.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json ?? '') as Record<string, unknown>); }
  get numbers(): number[] { return this.frames.filter(({ type }) => type === 'commit').map(({ n }) => n as number); }
}

let hub: Hub;
let markers: unknown[];
let rooms: Record<string, readonly string[]>;
let seq = 0;
const heads = new Map<string, number>();
beforeEach(() => {
  seq = 0;
  heads.clear();
  markers = [];
  rooms = {};
  hub = new Hub({
    epoch: 'e', ringBytesMax: 1e6, ringAgeMsMax: 1e6, observer: { flushed: () => {} }, roomsOf: async (userId) => rooms[userId] ?? [],
    onUnknownSize: () => {}, onRoomOpened: () => {}, onRoomClosed: () => {}, onEntered: () => {}, onLeft: () => {}, onMarker: (channel, userId, n) => markers.push([channel.roomId, userId, n]),
  });
});

function person(userId: string, ...seats: [roomId: string, joinedN: number][]) {
  const user = new LiveUser(userId, 'user');
  const reader = new Reader();
  user.connections.push(reader);
  reader.user = user;
  hub.users.set(userId, user);
  for (const [roomId, joinedN] of seats) hub.seat(user, roomId, joinedN, 2);
  return { user, reader };
}
const event = (type: string, data: Record<string, unknown> = {}): StoredEvent => ({ type, v: type === 'message.posted' ? 2 : 1, commandId: 'c', by: 'x', data });

async function commit(kind: AggregateKind, id: string, ...events: StoredEvent[]): Promise<Entry> {
  seq += 1;
  const subject = subjectOf({ kind, id });
  const n = (heads.get(subject) ?? 0) + 1;
  heads.set(subject, n + events.length - 1);
  const entry = new Entry({ stream: streamIndexOf(kind, id), seq, subject, kind, id, bytes: Buffer.alloc(1), storedAtMs: seq, isControl: events.some(({ type }) => type.startsWith('room.member') || type === 'room.deleted'), traceparent: undefined });
  const made: Commit = { v: 1, ws: 'w', kind, id, n, prev: '', at: '2026-01-01T00:00:00.000Z', events };
  if (hub.needsDecode(entry)) {
    entry.learn(made);
    if (kind === 'user') await hub.findAudience(entry);
    if (hub.needsBody(entry)) entry.body = bodyOf(made, seq, events.map((_, index) => ({ content: { text: `words ${n + index}` } })), undefined);
  }
  hub.deliver(entry);
  hub.settled();
  return entry;
}
const posted = (messageId = 'm') => event('message.posted', { messageId, author: 'x' });

describe('a commit of a room', () => {
  test('goes to who sits there before it, and membership changes hold from the next one on', async () => {
    const { reader: ann } = person('ann', ['r', 1]);
    const { reader: bob } = person('bob');
    heads.set(subjectOf({ kind: 'room', id: 'r' }), 1);
    await commit('room', 'r', posted());
    await commit('room', 'r', event('room.member-joined', { userId: 'bob', role: 'member' }));
    await commit('room', 'r', posted());
    await commit('room', 'r', event('room.member-removed', { userId: 'bob' }));
    await commit('room', 'r', posted());
    hub.flush();
    expect(ann.numbers).toEqual([2, 3, 4, 5, 6]);
    expect(bob.numbers).toEqual([4, 5]);
    expect(bob.frames[0]).toMatchObject({ type: 'entered', roomId: 'r', n: 3 });
    expect(hub.channelOf('r')?.members).toBe(2);
  });

  test('is not for somebody whose admission the read side knew of before it came here', async () => {
    heads.set(subjectOf({ kind: 'room', id: 'r' }), 7);
    const { reader: ann } = person('ann', ['r', 1]);
    const { reader: bob } = person('bob', ['r', 10]);
    await commit('room', 'r', posted(), posted());
    await commit('room', 'r', event('room.member-joined', { userId: 'bob', role: 'member' }));
    await commit('room', 'r', posted());
    hub.flush();
    expect(ann.numbers).toEqual([8, 10, 11]);
    expect(bob.numbers).toEqual([11]);
    expect(bob.frames[0]).toMatchObject({ type: 'entered', roomId: 'r', n: 10 });
  });

  test('that deletes it is the last one for all', async () => {
    const { reader } = person('ann', ['r', 1]);
    heads.set(subjectOf({ kind: 'room', id: 'r' }), 1);
    await commit('room', 'r', event('room.deleted'));
    expect(reader.numbers).toEqual([2]);
    expect(hub.channelOf('r')).toBeUndefined();
    expect(hub.needsBody(await commit('room', 'r', posted()))).toBe(false);
  });

  test('that concerns nobody is passed over unread, but counted', async () => {
    person('ann', ['r', 1]);
    const entry = await commit('room', 'other', posted());
    expect([entry.isDecoded, entry.body]).toEqual([false, undefined]);
    expect(hub.delivered.at(entry.stream)).toBe(entry.seq);
  });

  test('that redacts takes the words out of memory and out of what still waits', async () => {
    const { user, reader } = person('ann', ['r', 0]);
    reader.held = [];
    const first = await commit('room', 'r', posted('m'), posted('other'));
    hub.flush();
    await commit('room', 'r', event('message.redacted', { messageId: 'm', targetN: 1 }));
    hub.flush();
    expect(first.body?.toString()).not.toContain('words 1"');
    expect(first.body?.toString()).toContain('words 2');
    expect(reader.held.map((item) => item.current().wire('sse').toString()).join('')).not.toContain('words 1"');
    expect(user.seats).toHaveLength(1);
  });

  test('carries a cursor that says what was delivered up to it', async () => {
    const { reader } = person('ann', ['r', 0], ['q', 0]);
    for (let index = 0; index < 6; index += 1) await commit('room', index % 2 === 0 ? 'r' : 'q', posted());
    hub.flush();
    const cursors = reader.frames.map(({ cursor }) => (cursor as string).split('.')[2]?.split('~').map((part) => Number.parseInt(part, 36)) ?? []);
    expect(cursors.map((seqs) => Math.max(...seqs))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(cursors.at(-1)).toEqual([...hub.delivered.seqs]);
  });
});

describe('a commit of a person', () => {
  test('goes to those who share a room with them, once each, and to nobody else', async () => {
    rooms = { eve: ['r', 'q'] };
    const { reader: ann } = person('ann', ['r', 1], ['q', 1]);
    const { reader: bob } = person('bob', ['other', 1]);
    await commit('user', 'eve', event('user.status-set'));
    hub.flush();
    expect([ann.numbers, bob.numbers]).toEqual([[1], []]);
  });
  test('of one’s own goes to oneself, also what others do not see', async () => {
    rooms = { eve: ['r'] };
    const { reader: eve } = person('eve', ['r', 1]);
    const { reader: ann } = person('ann', ['r', 1]);
    await commit('user', 'eve', event('user.registered'));
    await commit('user', 'eve', event('user.renamed'));
    hub.flush();
    expect(eve.numbers).toEqual([1, 2]);
    expect(ann.numbers).toEqual([2]);
  });
});

describe('a read marker', () => {
  test('goes to its owner; others hear of it for rooms on their screen', async () => {
    const { reader: ann } = person('ann', ['r', 1]);
    const { reader: bob } = person('bob', ['r', 1]);
    hub.openRooms(bob, ['r', 'not-mine']);
    await commit('reader', 'ann', event('reader.marked', { roomId: 'r', n: 7 }));
    await commit('reader', 'ann', event('reader.marked', { roomId: 'q', n: 7 }));
    hub.flush();
    expect(ann.numbers).toEqual([1, 2]);
    expect(bob.numbers).toEqual([]);
    expect(markers).toEqual([['r', 'ann', 7]]);
    hub.openRooms(bob, []);
    expect(hub.openers).toBe(0);
    expect(hub.needsDecode(await commit('reader', 'stranger', event('reader.marked', { roomId: 'r', n: 8 })))).toBe(false);
  });
});

test('waiting for a position ends when it is reached, or after its time', async () => {
  const stream = streamIndexOf('room', 'r');
  const wanted = streamNames.map((_, index): number => (index === stream ? 2 : -1));
  const reached = hub.waitFor(wanted, 5_000);
  await commit('room', 'r', posted());
  await commit('room', 'r', posted());
  expect(await reached).toBe(true);
  expect(await hub.waitFor(wanted.with(stream, 99), 10)).toBe(false);
});
