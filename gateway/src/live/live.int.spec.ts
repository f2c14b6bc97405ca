import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { decodeCursor, encodeCursor } from '@parley/contracts/realtime/cursor';
import { revocationSubject } from '@parley/contracts/wire/subjects';
import { streamIndexOf, streamNames } from '@parley/contracts/wire/partition';
import { readEventStream } from '@parley/tests/harness/event-stream';
import type { Live } from './live.ts';
import { LiveWorld, numbers, reached, seqOf } from './live-world.spec.ts';

let world: LiveWorld;
let url: string;
let live: Live;
beforeAll(async () => {
  world = await LiveWorld.start();
  ({ url, live } = await world.gateway());
});
afterAll(() => world[Symbol.asyncDispose]());
const people = (count: number) => Array.from({ length: count }, () => uuidv7());
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a live socket', () => {
  test('gets each commit of its rooms once, opened, in order, and nothing of others', async () => {
    const [ann, bob] = people(2) as [string, string];
    const [shared, annOnly] = [await world.room(ann, bob), await world.room(ann)];
    const socket = await world.open(url, bob);
    for (let index = 0; index < 50; index += 1) {
      await world.post(shared, ann, `said ${index}`);
      await world.post(annOnly, ann, `secret ${index}`);
    }
    await reached(socket, shared, 53);
    expect(numbers(socket, shared)).toEqual(range(4, 53));
    expect(socket.eventsOf(shared).map(({ content }) => content?.['text'])).toEqual(range(0, 49).map((index) => `said ${index}`));
    expect(socket.raw.join('')).not.toContain('secret');
    expect(socket.raw.join('')).not.toContain('"sealed"');
    socket.close();
  });

  test('a commit that removes somebody is the last they get; one that admits them is told as entered', async () => {
    const [ann, bob] = people(2) as [string, string];
    const roomId = await world.room(ann);
    const [a, b] = [await world.open(url, ann), await world.open(url, bob)];
    await world.post(roomId, ann, 'before bob');
    const joined = await world.join(roomId, bob);
    const hello = await world.post(roomId, ann, 'hello bob');
    const removed = await world.remove(roomId, bob);
    const after = await world.post(roomId, ann, 'about bob');
    await reached(a, roomId, after.n);
    await reached(b, roomId, removed.n);
    expect(numbers(a, roomId)).toEqual(range(3, after.n));
    expect(numbers(b, roomId)).toEqual([hello.n, removed.n]);
    expect(b.frames.filter(({ type }) => type === 'entered')).toMatchObject([{ roomId, n: joined.n }]);
    // Written after it, and told: so nothing else came between.
    const other = await world.room(ann, bob);
    await world.post(other, ann, 'elsewhere');
    await reached(b, other, 4);
    expect(b.raw.join('')).not.toMatch(/before bob|about bob/);
    a.close();
    b.close();
  });

  test('a revoked person is out at once', async () => {
    const [ann] = people(1) as [string];
    const socket = await world.open(url, ann);
    // A token of a later second than the revocation would be a new sign-in.
    const token = await world.tokenOf(ann);
    world.nc.publish(revocationSubject, JSON.stringify({ userId: ann }));
    await socket.until(() => socket.closed !== undefined, 1_000, 'the end');
    expect(socket.closed?.code).toBe(4401);
    expect((await world.tokens.verify(token)).ok).toBe(false);
  });
});

describe('coming back', () => {
  const gone = async (socket: Awaited<ReturnType<LiveWorld['open']>>) => {
    socket.close();
    await socket.until(() => socket.closed !== undefined, 5_000, 'the end');
    return socket.cursor!;
  };

  test('gets what was missed, once, then goes on', async () => {
    const [ann, bob] = people(2) as [string, string];
    const rooms = [await world.room(ann, bob), await world.room(ann, bob), await world.room(ann, bob)];
    const first = await world.open(url, bob);
    for (const roomId of rooms) await world.post(roomId, ann, 'one');
    for (const roomId of rooms) await reached(first, roomId, 4);
    const cursor = await gone(first);
    for (const roomId of rooms) for (let index = 0; index < 20; index += 1) await world.post(roomId, ann, `missed ${index}`);
    await world.settled(live);
    const again = await world.open(url, bob, cursor);
    for (const roomId of rooms) await world.post(roomId, ann, 'live');
    for (const roomId of rooms) await reached(again, roomId, 25);
    expect(again.welcome?.resume).toBe('resumed');
    for (const roomId of rooms) expect(numbers(again, roomId)).toEqual(range(5, 25));
    expect(again.frames.find(({ type }) => type === 'live')).toMatchObject({ missed: 60 });
    again.close();
  });

  test('what was redacted, or edited over, meanwhile is nowhere: not on the socket, not on the stream', async () => {
    const [ann, bob] = people(2) as [string, string];
    const roomId = await world.room(ann, bob);
    const first = await world.open(url, bob);
    await world.post(roomId, ann, 'hello');
    await reached(first, roomId, 4);
    const cursor = await gone(first);
    const secret = await world.post(roomId, ann, 'password-one');
    await world.edit(roomId, ann, secret.messageId, 'password-two');
    const kept = await world.post(roomId, ann, 'first words');
    await world.edit(roomId, ann, kept.messageId, 'second words');
    const last = await world.redact(roomId, ann, secret.messageId);
    await world.settled(live);
    const again = await world.open(url, bob, cursor);
    await reached(again, roomId, last.n);
    expect(numbers(again, roomId)).toEqual(range(5, last.n));
    const lines = await readEventStream(url, await world.tokenOf(bob), { cursor, untilMs: 5_000, until: (all) => all.some((line) => line.includes('"live"')) });
    for (const text of [again.raw.join('\n'), lines.join('\n')]) {
      expect(text).not.toMatch(/password|first words/);
      expect(text).toContain('second words');
    }
    again.close();
  });

  test('who was removed and came again meanwhile gets neither what was between nor what was before', async () => {
    const [ann, bob] = people(2) as [string, string];
    const roomId = await world.room(ann, bob);
    const first = await world.open(url, bob);
    await world.post(roomId, ann, 'hello');
    await reached(first, roomId, 4);
    const cursor = await gone(first);
    await world.post(roomId, ann, 'while member');
    await world.remove(roomId, bob);
    await world.post(roomId, ann, 'while away');
    const joined = await world.join(roomId, bob);
    const later = await world.post(roomId, ann, 'back again');
    await world.settled(live);
    const again = await world.open(url, bob, cursor);
    const entered = again.frames.flatMap((frame) => (frame.type === 'entered' && frame.roomId === roomId ? [frame.n] : []));
    expect(entered).toHaveLength(1);
    expect(entered[0]).toBeGreaterThanOrEqual(joined.n);
    // What the gateway had not read yet when bob came, it pushes.
    if (entered[0]! < later.n) await reached(again, roomId, later.n);
    expect(numbers(again, roomId)).toEqual(range(entered[0]! + 1, later.n));
    expect(again.raw.join('')).not.toMatch(/while away|while member/);
    again.close();
  });

  test('who was removed meanwhile is told that, and nothing else of the room', async () => {
    const [ann, bob] = people(2) as [string, string];
    const roomId = await world.room(ann, bob);
    const first = await world.open(url, bob);
    await world.post(roomId, ann, 'hello');
    await reached(first, roomId, 4);
    const cursor = await gone(first);
    const removed = await world.remove(roomId, bob);
    await world.post(roomId, ann, 'about bob');
    const again = await world.open(url, bob, cursor);
    expect(numbers(again, roomId)).toEqual([removed.n]);
    expect(again.raw.join('')).not.toContain('about bob');
    again.close();
  });

  test.each([
    ['of another log', (token: string) => encodeCursor({ ...decodeCursor(token)!, epoch: 'other' })],
    ['from the future', (token: string) => encodeCursor({ ...decodeCursor(token)!, seqs: decodeCursor(token)!.seqs.with(0, 9_000_000) })],
    ['of one position', (token: string) => encodeCursor({ ...decodeCursor(token)!, seqs: streamNames.map((_, index) => (index === 3 ? 1 : -1)) })],
    ['that is none', () => 'c1.nonsense'],
  ])('with a cursor %s: an explicit reset', async (_, change) => {
    const [ann] = people(1) as [string];
    const roomId = await world.room(ann);
    const socket = await world.open(url, ann);
    const cursor = await gone(socket);
    const again = await world.open(url, ann, change(cursor));
    expect(again.welcome).toMatchObject({ resume: 'reset', reason: expect.any(String) });
    const posted = await world.post(roomId, ann, 'goes on');
    await reached(again, roomId, posted.n);
    again.close();
  });

  test('while messages flow, many times, from one gateway to another, cut in the middle: no gap and no repetition', async () => {
    const [ann, bob] = people(2) as [string, string];
    const rooms = await Promise.all(Array.from({ length: 4 }, () => world.room(ann, bob)));
    // It has to fetch and open what it replays, so live frames come while a gap is prepared.
    const far = await world.gateway({ opener: world.slowOpener(15) });
    let cursor = await gone(await world.open(url, bob));
    const seen = new Map(rooms.map((roomId) => [roomId, [] as number[]]));
    let isWriting = true;
    const writers = rooms.map(async (roomId) => { while (isWriting) await world.post(roomId, ann, 'flowing '.repeat(500)); });
    for (let round = 0; round < 60; round += 1) {
      far.live.hub.rings.evict(Date.now() + 3_600_000);
      const socket = await world.open(round % 2 === 0 ? far.url : url, bob, cursor, false);
      const enough = (round % 7) * 10;
      await socket.until(() => socket.seen.length >= enough, 5_000, `${enough} events`);
      socket.cut();
      await socket.until(() => socket.closed !== undefined, 5_000, 'the end');
      expect(socket.welcome?.resume).toBe('resumed');
      for (const { roomId, n } of socket.seen) seen.get(roomId)?.push(n);
      cursor = socket.cursor ?? cursor;
    }
    isWriting = false;
    await Promise.all(writers);
    const last = await world.open(url, bob, cursor);
    for (const roomId of rooms) {
      const head = world.headOf({ kind: 'room', id: roomId }).n;
      const all = [...(seen.get(roomId) ?? []), ...numbers(last, roomId)];
      expect(all).toEqual(range(4, head));
    }
    last.close();
  }, 60_000);
});

describe('a cursor that memory does not reach back to', () => {
  test('is served from the log, without what was redacted; beyond the bounds there is a reset', async () => {
    const [ann, bob] = people(2) as [string, string];
    const roomId = await world.room(ann, bob);
    const busy = await world.room(ann, bob);
    const socket = await world.open(url, bob);
    const start = socket.cursor!;
    socket.close();
    const secret = await world.post(roomId, ann, 'log-secret');
    await world.post(roomId, ann, 'stays');
    const last = await world.redact(roomId, ann, secret.messageId);
    const small = await world.gateway({ ringBytesMax: 1_000 });
    small.live.hub.rings.evict(Date.now() + 3_600_000);
    expect(small.live.hub.rings.floor(streamIndexOf('room', roomId))).toBeGreaterThanOrEqual(last.seq);
    expect(seqOf(start, roomId)).toBeLessThan(last.seq);
    const again = await world.open(small.url, bob, start);
    expect(again.welcome).toMatchObject({ resume: 'resumed', reason: expect.stringContaining('log') });
    expect(numbers(again, roomId)).toEqual(range(4, last.n));
    expect(again.raw.join('')).not.toContain('log-secret');
    expect(again.raw.join('')).toContain('stays');
    again.close();
    for (let index = 0; index < 11; index += 1) {
      await world.write({ kind: 'room', id: busy }, Array.from({ length: 100 }, () => ({ type: 'message.pinned', by: ann, data: { messageId: uuidv7(), targetN: 1 } })));
    }
    small.live.hub.rings.evict(Date.now() + 3_600_000);
    expect((await world.open(small.url, bob, start)).welcome).toMatchObject({ resume: 'reset', reason: 'too much was missed' });
  }, 30_000);
});

describe('memberships', () => {
  test('a list from before a removal does not let anybody in', async () => {
    const [ann, bob] = people(2) as [string, string];
    const roomId = await world.room(ann, bob);
    const old = world.membershipsOf(bob);
    await world.remove(roomId, bob);
    const other = await world.room(ann, bob);
    world.frozen = () => old;
    const socket = await world.open(url, bob);
    world.frozen = undefined;
    await world.post(roomId, ann, 'not for bob');
    const posted = await world.post(other, ann, 'for bob');
    await reached(socket, other, posted.n);
    expect(socket.raw.join('')).not.toContain('not for bob');
    socket.close();
  });

  test('when nobody can say what somebody’s rooms are, they are asked to come again', async () => {
    world.queryIsDown = true;
    const [ann] = people(1) as [string];
    await expect(world.open(url, ann)).rejects.toThrow('4010');
    world.queryIsDown = false;
    (await world.open(url, ann)).close();
  });
});

test('a reader that does not read is closed, costs bounded memory, and comes back whole', async () => {
  const [ann, bob] = people(2) as [string, string];
  const roomId = await world.room(ann, bob);
  const slow = await world.open(url, bob);
  slow.pause();
  const before = world.headOf({ kind: 'room', id: roomId }).n;
  for (let index = 0; index < 800; index += 1) await world.post(roomId, ann, 'x'.repeat(8_000));
  const head = world.headOf({ kind: 'room', id: roomId }).n;
  slow.resume();
  await slow.until(() => slow.closed !== undefined, 10_000, 'the end');
  expect(slow.closed?.code).toBe(4008);
  const got = numbers(slow, roomId);
  expect(got).toEqual(range(before + 1, before + got.length));
  const again = await world.open(url, bob, slow.cursor);
  await reached(again, roomId, head);
  expect([...got, ...numbers(again, roomId)]).toEqual(range(before + 1, head));
  again.close();
}, 60_000);
