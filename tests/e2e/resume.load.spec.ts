import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeCodes } from '@parley/contracts/realtime/close-codes';
import { heartbeatMs, socketQueueBytesMax } from '@parley/contracts/realtime/limits';
import { ChatSocket, type Outcome } from '../harness/chat-socket.ts';
import { assertGapFree, type Sent } from '../harness/checker.ts';
import { Constellation } from '../harness/constellation.ts';
import { readEventStream } from '../harness/event-stream.ts';
import { memoryOf } from '../harness/memory.ts';
import { accepted, get, join, newRoom, person, post, type Person } from '../harness/people.ts';
import { Reconnecting, sendKnown } from '../harness/reconnecting.ts';

let chat: Constellation;
beforeAll(async () => { chat = await Constellation.start({ gateways: 2, env: { gateway: { FRAMES_PER_SECOND_MAX: '5000' } } }); }, 120_000);
afterAll(() => chat?.stop());

/** Posts at `perSecond` from one member's socket until told to stop; resolves with the number of the last event. Each post must be accepted. */
function flow(who: Person, roomId: string, perSecond: number) {
  let running = true;
  let lastN = 0;
  const answers: Promise<Outcome>[] = [];
  const begun = performance.now();
  const sending = (async () => {
    for (let index = 0; running; index += 1) {
      const due = begun + (index / perSecond) * 1_000;
      if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
      answers.push(who.socket.send({ type: 'post-message', roomId, text: `flow ${index}` }));
    }
  })();
  return {
    stop: async () => {
      running = false;
      await sending;
      const seconds = (performance.now() - begun) / 1_000;
      for (const answer of answers) lastN = Math.max(lastN, (await accepted(answer)).n);
      return { lastN, count: answers.length, seconds };
    },
  };
}

describe('an exact resume', () => {
  test('1,000 clients join and resume under 500 messages a second: 0 gaps, 0 duplicates', async () => {
    // Twenty rooms, each with a sender of its own: one person alone would meet the limit per person.
    const rooms: { roomId: string; sender: Person; readers: Reconnecting[]; lastN: number }[] = [];
    for (let index = 0; index < 20; index += 1) {
      const sender = await person(chat, `storm-sender-${index}`, { keep: 'numbers' });
      const roomId = await newRoom(sender);
      const readers = await Promise.all(Array.from({ length: 50 }, async (_, which) => new Reconnecting(chat, await chat.signIn(`storm-${index}-${which}`, which % 2), 2)));
      rooms.push({ roomId, sender, readers, lastN: 0 });
    }
    const flows = rooms.map(({ sender, roomId }) => flow(sender, roomId, 25));
    for (const { roomId, readers } of rooms) {
      await Promise.all(readers.map(async (reader) => accepted((await reader.socket()).send({ type: 'join-room', roomId }))));
    }
    for (const { readers } of rooms) {
      for (const reader of readers) reader.cut();
      await Promise.all(readers.map((reader) => reader.socket()));
    }
    let rate = 0;
    for (const [index, running] of flows.entries()) {
      const { lastN, count, seconds } = await running.stop();
      rooms[index]!.lastN = lastN;
      rate += count / seconds;
    }
    console.log(`${Math.round(rate)} messages/s were posted while 1,000 clients joined, were cut and resumed`);
    expect(rate).toBeGreaterThan(450);
    for (const { roomId, sender, readers, lastN } of rooms) {
      await Promise.all(readers.map(async (reader) => {
        const socket = await reader.socket();
        await socket.until(() => { reader.collect(); return (reader.numbers.get(roomId)?.at(-1) ?? 0) >= lastN; }, 60_000, `event ${lastN}`);
        expect(reader.resets).toBe(0);
        expect(reader.opened).toBe(2);
        assertGapFree(reader.numbers.get(roomId)!, 'reader');
        reader.close();
      }));
      sender.socket.close();
    }
  }, 400_000);

  test('what was redacted since is nowhere, on socket and on the event stream', async () => {
    const ann = await person(chat, 'redact-ann');
    const bob = await person(chat, 'redact-bob');
    const roomId = await newRoom(ann);
    await join(bob, roomId);
    await post(ann, roomId, 'harmless');
    await bob.socket.until(() => bob.socket.eventsOf(roomId, 'message.posted').length === 1, 10_000, 'the first post');
    const before = bob.socket.cursor!;
    bob.socket.close();
    const leak = await post(ann, roomId, 'hunter2-leaked');
    const edited = await post(ann, roomId, 'first-draft-of-it');
    await accepted(ann.socket.send({ type: 'edit-message', roomId, target: { messageId: edited.messageId, n: edited.n, seq: edited.seq }, text: 'second draft' }));
    await accepted(ann.socket.send({ type: 'redact-message', roomId, target: { messageId: leak.messageId, n: leak.n, seq: leak.seq } }));
    const last = await post(ann, roomId, 'after');
    for (const gateway of [0, 1]) {
      const again = await ChatSocket.open({ url: chat.url(gateway), token: bob.token, cursor: before });
      await again.until(() => again.eventsOf(roomId).some(({ n }) => n === last.n), 10_000, 'the last post');
      expect(again.welcome?.resume).toBe('resumed');
      assertGapFree(again.eventsOf(roomId).map(({ n }) => n), 'resumed');
      expect(again.raw.join('\n')).not.toMatch(/hunter2-leaked|first-draft-of-it/);
      expect(again.raw.join('\n')).toContain('second draft');
      again.close();
      const lines = await readEventStream(chat.url(gateway), bob.token, { cursor: before, untilMs: 10_000, until: (seen) => seen.some((line) => line.includes('"after"')) });
      expect(lines.join('\n')).toContain('second draft');
      expect(lines.join('\n')).not.toMatch(/hunter2-leaked|first-draft-of-it/);
    }
    await chat.settled();
    expect((await get(chat, bob.token, `/v1/rooms/${roomId}/messages`)).text).not.toMatch(/hunter2-leaked|first-draft-of-it/);
  }, 60_000);

  test('SIGTERM of a gateway with 500 sockets: all resume elsewhere within 10 s without a gap', async () => {
    const owner = await person(chat, 'drain-owner', { gateway: 1 });
    const roomId = await newRoom(owner);
    const readers = await Promise.all(Array.from({ length: 25 }, async (_, index) => ({ signedIn: await chat.signIn(`drain-${index}`, 1) })));
    const sockets: { token: string; socket: ChatSocket }[] = [];
    for (const { signedIn } of readers) {
      const first = await ChatSocket.open({ url: chat.url(0), token: signedIn.token });
      await accepted(first.send({ type: 'join-room', roomId }));
      sockets.push({ token: signedIn.token, socket: first });
      const more = await Promise.all(Array.from({ length: 19 }, () => ChatSocket.open({ url: chat.url(0), token: signedIn.token })));
      sockets.push(...more.map((socket) => ({ token: signedIn.token, socket })));
    }
    expect(sockets).toHaveLength(500);
    const flowing = flow(owner, roomId, 40);
    await sockets[0]!.socket.until(() => sockets[0]!.socket.eventsOf(roomId).length > 40, 20_000, 'some events');
    const begun = performance.now();
    const drained = chat.kill('gateway', 0, 'SIGTERM');
    const resumed = await Promise.all(sockets.map(async ({ token, socket }) => {
      await socket.until(() => socket.closed !== undefined, 15_000, 'the close').catch(() => {});
      const goaway = socket.frames.find(({ type }) => type === 'goaway');
      expect(socket.closed?.code).toBe(closeCodes.goAway);
      const wait = goaway?.type === 'goaway' ? goaway.afterMs : 0;
      await new Promise((resolve) => setTimeout(resolve, Math.min(wait, 3_000)));
      return ChatSocket.open({ url: chat.url(1), token, cursor: socket.cursor! });
    }));
    const tookMs = performance.now() - begun;
    await drained;
    console.log(`500 sockets resumed after ${Math.round(tookMs)} ms`);
    const { lastN } = await flowing.stop();
    for (const [index, socket] of resumed.entries()) {
      await socket.until(() => socket.eventsOf(roomId).some(({ n }) => n === lastN), 10_000, 'the last event');
      const before = sockets[index]!.socket.eventsOf(roomId).map(({ n }) => n);
      assertGapFree([...before, ...socket.eventsOf(roomId).map(({ n }) => n)], `socket ${index}`);
      socket.close();
    }
    expect(tookMs).toBeLessThanOrEqual(10_000);
    await chat.restart('gateway', 0);
  }, 180_000);

  test('a slow reader costs bounded memory, is closed, and resumes whole', async () => {
    const owner = await person(chat, 'slow-owner', { keep: 'events' });
    const roomId = await newRoom(owner);
    const slow: Person[] = [];
    for (let index = 0; index < 10; index += 1) {
      const reader = await person(chat, `slow-${index}`, { keep: 'numbers' });
      await join(reader, roomId);
      slow.push(reader);
    }
    const text = '늦은 독자 '.repeat(900);
    let lastN = 0;
    const postMany = async () => {
      for (let posted = 0; posted < 2_500; posted += 25) {
        const acks = await Promise.all(Array.from({ length: 25 }, () => accepted(owner.socket.send({ type: 'post-message', roomId, text }))));
        lastN = Math.max(lastN, ...acks.map(({ n }) => n));
      }
    };
    // First with readers that read, so that the gateway's memory of recent commits is full before anything is measured.
    await postMany();
    const cursors = slow.map(({ socket }) => socket.cursor!);
    for (const { socket } of slow) socket.pause();
    const before = memoryOf(chat.service('gateway', 0).pid);
    await postMany();
    const grown = memoryOf(chat.service('gateway', 0).pid) - before;
    console.log(`gateway grew by ${(grown / 2 ** 20).toFixed(1)} MB with 10 readers that do not read`);
    expect(grown).toBeLessThan(slow.length * socketQueueBytesMax + 64 * 2 ** 20);
    for (const { socket } of slow) socket.resume();
    for (const [index, { socket, token }] of slow.entries()) {
      await socket.until(() => socket.closed !== undefined, heartbeatMs * 2, 'the close').catch(() => {});
      expect([closeCodes.slowReader, 1006]).toContain(socket.closed?.code);
      const again = await ChatSocket.open({ url: chat.url(0), token, cursor: socket.cursor ?? cursors[index]! });
      if (again.welcome?.resume === 'reset') {
        await chat.settled();
        const page = await get(chat, token, `/v1/rooms/${roomId}/messages?limit=1`);
        expect(page.body.data.n).toBeGreaterThanOrEqual(lastN);
      } else {
        await again.until(() => again.numbers.get(roomId)?.at(-1) === lastN, 60_000, 'the last event');
        assertGapFree([...socket.numbers.get(roomId)!, ...again.numbers.get(roomId)!], `slow reader ${index}`);
      }
      again.close();
    }
  }, 240_000);
});

test('a gateway killed without a word: its readers lose nothing', async () => {
  const owner = await person(chat, 'crash-owner', { gateway: 1 });
  const roomId = await newRoom(owner);
  const readers = await Promise.all(Array.from({ length: 20 }, async (_, index) => new Reconnecting(chat, await chat.signIn(`crash-${index}`, 1), 2)));
  for (const reader of readers) await accepted((await reader.socket()).send({ type: 'join-room', roomId }));
  const sends: Sent[] = [];
  const sender = new Reconnecting(chat, owner, 2);
  let lastN = 0;
  for (let index = 0; index < 100; index += 1) {
    if (index === 40) await chat.kill('gateway', 0);
    if (index === 60) await chat.restart('gateway', 0);
    lastN = (await sendKnown(sender, sends, roomId, index, 30_000)).n ?? lastN;
  }
  expect(sends.every(({ outcome }) => outcome === 'ok')).toBe(true);
  for (const reader of readers) {
    const socket = await reader.socket();
    await socket.until(() => { reader.collect(); return (reader.numbers.get(roomId)?.at(-1) ?? 0) >= lastN; }, 15_000, `event ${lastN}`);
    expect(reader.resets).toBe(0);
    assertGapFree(reader.numbers.get(roomId)!, 'reader of a killed gateway');
  }
}, 180_000);
