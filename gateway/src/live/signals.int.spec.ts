import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { streamIndexOf, streamNames } from '@parley/contracts/wire/partition';
import { readEpochs } from '@parley/kernel/nats/epochs';
import type { ChatSocket } from '@parley/tests/harness/chat-socket';
import { behindMsMax, LagWatch } from './lag-watch.ts';
import { LiveWorld, reached } from './live-world.spec.ts';

let world: LiveWorld;
let urls: [string, string];
beforeAll(async () => {
  world = await LiveWorld.start();
  urls = [(await world.gateway()).url, (await world.gateway()).url];
});
afterAll(() => world[Symbol.asyncDispose]());

const people = () => Array.from({ length: 3 }, () => uuidv7()) as [string, string, string];
const of = (socket: ChatSocket, type: string) => socket.frames.filter((frame) => frame.type === type) as unknown as Record<string, any>[];
const said = (socket: ChatSocket, frame: object) => socket.sendRaw(JSON.stringify(frame));
const states = (socket: ChatSocket, userId: string) => of(socket, 'presence').flatMap(({ users }) => users as { userId: string; state: string }[]).filter((user) => user.userId === userId).map(({ state }) => state);

describe('typing', () => {
  test('is told to the room, on every gateway, and to nobody else; once in three seconds; and never after the message', async () => {
    const [ann, bob, eve] = people();
    const roomId = await world.room(ann, bob);
    const other = await world.room(eve);
    const [a, b, e] = [await world.open(urls[0], ann), await world.open(urls[1], bob), await world.open(urls[1], eve)];
    said(a, { type: 'typing', roomId, n: 3 });
    said(a, { type: 'typing', roomId, n: 3 });
    said(a, { type: 'typing', roomId: other, n: 3 });
    await b.until(() => of(b, 'typing').length > 0, 3_000, 'typing');
    expect(of(b, 'typing')).toEqual([{ type: 'typing', roomId, userId: ann, n: 3 }]);
    const post = await world.post(roomId, ann, 'there it is');
    await reached(b, roomId, post.n);
    // A signal that was under way when the message came.
    world.nc.publish(`sig.room.${roomId}`, JSON.stringify({ userId: ann, n: post.n - 1 }));
    world.nc.publish(`sig.room.${roomId}`, JSON.stringify({ userId: ann, n: post.n }));
    await b.until(() => of(b, 'typing').length > 1, 3_000, 'typing again');
    expect(of(b, 'typing').map(({ n }) => n as number)).toEqual([3, post.n]);
    expect([of(a, 'typing'), of(e, 'typing')]).toEqual([[], []]);
    for (const rubbish of ['', '{', '[]', '{"userId":7}']) world.nc.publish(`sig.room.${roomId}`, rubbish);
    said(b, { type: 'ping', t: 1 });
    await b.until(() => of(b, 'pong').length === 1, 3_000, 'a pong');
    for (const socket of [a, b, e]) socket.close();
  });
});

describe('presence', () => {
  test('is told to those who share a room, across gateways, and to no stranger', async () => {
    const [ann, bob, eve] = people();
    await world.room(ann, bob);
    const [b, e] = [await world.open(urls[1], bob), await world.open(urls[1], eve)];
    const a = await world.open(urls[0], ann);
    await b.until(() => states(b, ann).includes('active'), 5_000, 'Ann is there');
    await a.until(() => states(a, bob).includes('active'), 15_000, 'Bob is there');
    said(a, { type: 'presence', state: 'idle' });
    await b.until(() => states(b, ann).at(-1) === 'idle', 5_000, 'Ann is idle');
    a.close();
    await b.until(() => states(b, ann).at(-1) === 'offline', 10_000, 'Ann is away');
    expect(of(e, 'presence')).toEqual([]);
    for (const socket of [b, e]) socket.close();
  }, 40_000);

  test('of somebody with several readers is that of the most present, whichever gateway has it', async () => {
    const [ann, bob, carl] = people();
    const roomId = await world.room(ann, bob, carl);
    const b = await world.open(urls[1], bob);
    const [desk, tab, phone] = [await world.open(urls[0], ann), await world.open(urls[0], ann), await world.open(urls[1], ann)];
    await b.until(() => states(b, ann).includes('active'), 5_000, 'Ann is there');
    for (const away of [tab, phone]) said(away, { type: 'presence', state: 'idle' });
    for (const away of [tab, phone]) {
      said(away, { type: 'ping', t: 1 });
      await away.until(() => of(away, 'pong').length === 1, 3_000, 'a pong');
    }
    // What Ann's readers said would be told with this, or before it.
    const c = await world.open(urls[0], carl);
    await b.until(() => states(b, carl).includes('active'), 5_000, 'Carl is there');
    expect(states(b, ann)).toEqual(['active']);
    said(desk, { type: 'presence', state: 'idle' });
    await b.until(() => states(b, ann).at(-1) === 'idle', 5_000, 'Ann is idle everywhere');
    said(desk, { type: 'presence', state: 'active' });
    await b.until(() => states(b, ann).at(-1) === 'active', 5_000, 'Ann is back');
    desk.close();
    await b.until(() => states(b, ann).at(-1) === 'idle', 10_000, 'Ann is idle on what is left');
    for (const socket of [tab, phone]) socket.close();
    await b.until(() => states(b, ann).at(-1) === 'offline', 10_000, 'Ann is away');
    expect(states(b, ann)).toEqual(['active', 'idle', 'active', 'idle', 'offline']);
    await world.write({ kind: 'room', id: roomId }, [{ type: 'room.member-left', by: carl, data: { userId: carl } }]);
    await b.until(() => of(b, 'commit').some(({ events }) => (events as { type: string }[]).some(({ type }) => type === 'room.member-left')), 3_000, 'Carl left');
    const told = states(b, carl).length;
    said(c, { type: 'presence', state: 'idle' });
    const dora = uuidv7();
    await world.join(roomId, dora);
    const d = await world.open(urls[0], dora);
    await b.until(() => states(b, dora).includes('active'), 5_000, 'Dora is there');
    expect(states(b, carl)).toHaveLength(told);
    for (const socket of [b, c, d]) socket.close();
  }, 60_000);

  test('people who meet in a room hear of each other', async () => {
    const [ann, bob] = people();
    const roomId = await world.room(ann);
    const [a, b] = [await world.open(urls[0], ann), await world.open(urls[1], bob)];
    await world.join(roomId, bob);
    await a.until(() => states(a, bob).includes('active'), 5_000, 'Bob is there');
    await b.until(() => states(b, ann).includes('active'), 15_000, 'Ann is there');
    for (const socket of [a, b]) socket.close();
  }, 30_000);
});

test('a read marker is pushed as a receipt to who has the room on screen, as a commit to its owner', async () => {
  const [ann, bob] = people();
  const roomId = await world.room(ann, bob);
  const [a, b, closed] = [await world.open(urls[0], ann), await world.open(urls[1], bob), await world.open(urls[1], bob)];
  said(b, { type: 'open', rooms: [roomId] });
  said(b, { type: 'ping', t: 1 });
  await b.until(() => of(b, 'pong').length === 1, 3_000, 'a pong');
  await world.write({ kind: 'reader', id: ann }, [{ type: 'reader.marked', by: ann, data: { roomId, n: 3 } }]);
  await b.until(() => of(b, 'receipt').length === 1, 3_000, 'a receipt');
  await a.until(() => of(a, 'commit').some(({ kind }) => kind === 'reader'), 3_000, 'the own marker');
  expect(of(b, 'receipt')).toEqual([{ type: 'receipt', roomId, userId: ann, n: 3 }]);
  expect(of(closed, 'receipt')).toEqual([]);
  for (const socket of [a, b, closed]) socket.close();
});

test('a follower that stands still is noticed, and noticed to move again; a log made anew is another', async () => {
  const [ann] = people();
  const roomId = await world.room(ann);
  const stream = streamIndexOf('room', roomId);
  const stuck = world.headOf({ kind: 'room', id: roomId }).seq - 1;
  let delivered = stuck;
  const { streams } = await readEpochs(world.nc);
  let looked = 0;
  const source = { epochs: streams, delivered: (index: number) => (index === stream ? delivered : Number.MAX_SAFE_INTEGER) };
  const watch = new LagWatch(world.nc, source, () => { looked += 1; });
  const until = async (fact: () => boolean) => { while (!fact()) await new Promise((resolve) => setTimeout(resolve, 50)); };
  try {
    await until(() => looked > 0);
    expect(watch.trouble()).toBeUndefined();
    const begunMs = performance.now();
    await until(() => watch.trouble() !== undefined);
    expect(performance.now() - begunMs).toBeLessThan(behindMsMax + 2_500);
    expect(watch.trouble()).toContain(streamNames[stream]);
    delivered = stuck + 1;
    await until(() => watch.trouble() === undefined);
  } finally {
    watch.stop();
  }
  const other = new LagWatch(world.nc, { epochs: streams.with(3, 'another'), delivered: () => Number.MAX_SAFE_INTEGER }, () => {});
  try {
    await until(() => other.trouble() !== undefined);
    expect(other.trouble()).toContain(streamNames[3]);
  } finally {
    other.stop();
  }
}, 20_000);
