import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { assertExact, assertGapFree, judge, type Sent } from '../harness/checker.ts';
import { Constellation } from '../harness/constellation.ts';
import { accepted, join, newRoom, person, type Person } from '../harness/people.ts';
import { readLog } from '../harness/read-log.ts';
import { Reconnecting, sendKnown } from '../harness/reconnecting.ts';

const SENDERS = 50;
const ROOMS = 10;

let chat: Constellation;
let owner: Person;
let rooms: string[];
let senders: Reconnecting[];

beforeAll(async () => {
  chat = await Constellation.start({ commandServices: 2, gateways: 2, serversOptions: { fsync: true } });
  owner = await person(chat, 'durable-owner');
  rooms = [];
  for (let index = 0; index < ROOMS; index += 1) rooms.push(await newRoom(owner));
  senders = [];
  for (let index = 0; index < SENDERS; index += 1) {
    const somebody = await person(chat, `durable-${index}`);
    await join(somebody, rooms[index % ROOMS]!);
    somebody.socket.close();
    senders.push(new Reconnecting(chat, somebody, 2));
  }
}, 180_000);
afterAll(() => chat?.stop());

/** Every sender sends one after the other into its room, at most `perSecond` in all, until `until` says stop. */
async function sendAll(sends: Sent[], more: (index: number) => boolean, paceMs: number): Promise<void> {
  await Promise.all(senders.map(async (sender, which) => {
    for (let index = 0; more(sends.length); index += 1) {
      const begun = performance.now();
      await sendKnown(sender, sends, rooms[which % ROOMS]!, index, 120_000);
      const rest = paceMs - (performance.now() - begun);
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    }
  }));
}

async function verify(sends: Sent[], what: string): Promise<void> {
  const verdict = judge(sends, await readLog(chat.servers.natsUrl));
  assertExact(verdict);
  expect(verdict.acked, JSON.stringify(verdict)).toBeGreaterThan(0);
  await chat.settled();
  const last = sends.filter(({ outcome, n }) => outcome === 'ok' && n !== undefined);
  for (const [which, sender] of senders.entries()) {
    const room = rooms[which % ROOMS]!;
    const newest = Math.max(...last.filter(({ roomId }) => roomId === room).map(({ n }) => n ?? 0));
    const socket = await sender.socket();
    await socket.until(() => { sender.collect(); return (sender.numbers.get(room)?.at(-1) ?? 0) >= newest; }, 30_000, `event ${newest} of ${room}`);
    expect(sender.resets).toBe(0);
    assertGapFree(sender.numbers.get(room)!, `${what}, reader ${which}`);
  }
}

type Place = Pick<Awaited<ReturnType<typeof accepted>>, 'n' | 'seq' | 'events'>;
const placeOf = ({ n, seq, events }: Place): Place => ({ n, seq, events });

describe('acknowledged is stored, once', () => {
  let once: { readonly by: Person; readonly id: string; readonly command: Record<string, unknown> & { type: string }; readonly place: Place; readonly sentAtMs: number };

  test('one command 20 times in parallel: one answer', async () => {
    const by = await person(chat, 'durable-ann');
    const [id, command] = [uuidv7(), { type: 'post-message', roomId: await newRoom(by), text: 'once' }];
    const answers = await Promise.all(Array.from({ length: 20 }, () => accepted(by.socket.send(command, id))));
    const places = answers.map(placeOf);
    expect(new Set(places.map((place) => JSON.stringify(place))).size).toBe(1);
    once = { by, id, command, place: places[0]!, sentAtMs: performance.now() };
  });

  test('kill -9 of NATS five times during 10,000 acknowledged sends', async () => {
    const sends: Sent[] = [];
    const acked = () => sends.filter(({ outcome }) => outcome === 'ok').length;
    let done = false;
    const sending = sendAll(sends, () => acked() < 10_000, 0).finally(() => { done = true; });
    let kills = 0;
    for (const mark of [1_500, 3_000, 4_500, 6_000, 7_500]) {
      while (acked() < mark && !done) await new Promise((resolve) => setTimeout(resolve, 20));
      // Paused first: appends are then under way that the server never reads, and their fate is unknown to whoever sent them.
      await chat.servers.nats.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 200));
      await chat.servers.nats.kill('SIGKILL');
      await chat.servers.nats.restart();
      kills += 1;
    }
    await sending;
    assert.equal(kills, 5);
    expect(acked()).toBeGreaterThanOrEqual(10_000);
    await verify(sends, 'killed NATS');
  }, 400_000);

  test('each service killed at random for two minutes under 100 sends a second', async () => {
    const seed = Number(process.env['PARLEY_SEED'] ?? 20_261_121);
    console.log(`seed ${seed}: set PARLEY_SEED to repeat`);
    const random = mulberry32(seed);
    const sends: Sent[] = [];
    const end = performance.now() + 120_000;
    const sending = sendAll(sends, () => performance.now() < end, (SENDERS / 100) * 1_000);
    const victims = [['command-service', 0], ['projectors', 0], ['query-service', 0], ['gateway', 0], ['command-service', 1], ['gateway', 1]] as const;
    const killed = new Map<string, number>();
    for (let kills = 0; performance.now() < end - 10_000; kills += 1) {
      // Each kind once, then whichever.
      const [name, index] = victims[kills < 4 ? kills : Math.floor(random() * victims.length)]!;
      await chat.kill(name, index);
      killed.set(name, (killed.get(name) ?? 0) + 1);
      await chat.restart(name, index);
      await new Promise((resolve) => setTimeout(resolve, 1_000 + random() * 2_000));
    }
    await sending;
    console.log(`killed ${JSON.stringify(Object.fromEntries(killed))}, ${sends.length} sends`);
    expect(sends.length).toBeGreaterThan(3_000);
    expect(killed.size).toBe(4);
    await verify(sends, 'killed services');
  }, 400_000);

  test('the same command once more, over 30 s and many deaths later: still one event, and the answer it got then', async () => {
    await pause(Math.max(0, once.sentAtMs + 30_000 - performance.now()));
    const socket = await new Reconnecting(chat, once.by, 2).socket();
    expect(placeOf(await accepted(socket.send(once.command, once.id)))).toEqual(once.place);
    const stored = (await readLog(chat.servers.natsUrl)).flatMap(({ events }) => events).filter(({ commandId }) => commandId === once.id);
    expect(stored).toHaveLength(1);
    const other = await socket.send({ ...once.command, text: 'something else' }, once.id);
    expect(other).toMatchObject({ ended: 'refused', problem: { code: 'id-reused' } });
  }, 120_000);
});

/** A small seeded generator. Source: T. Ettinger, public domain. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
