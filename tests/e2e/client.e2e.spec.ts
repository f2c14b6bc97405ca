import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, createClient } from '@parley/client/client';
import { pendingMessages, withPending } from '@parley/client/optimistic';
import { messageOf, missingOrdinals, roomsByActivity } from '@parley/client/selectors';
import type { ClientState, RoomEntry } from '@parley/client/state';
import { until } from '@parley/dev/until';
import { Constellation } from '../harness/constellation.ts';

/**
 * Goal: what the client library shows after any time online, a cut line or a killed gateway is what a fresh load shows,
 * against the real services; and a command that was given is done once.
 */
let chat: Constellation;
const clients: Client[] = [];
beforeAll(async () => { chat = await Constellation.start({ gateways: 1 }); }, 180_000);
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await chat?.stop();
});

type Someone = { readonly client: Client; readonly userId: string; readonly token: string };

async function someone(name: string): Promise<Someone> {
  const { token, userId } = await chat.signIn(name);
  const client = createClient({ url: chat.url(), token, name: 'spec' });
  clients.push(client);
  client.connect();
  await state(client, ({ connection }) => connection.state === 'live');
  return { client, userId, token };
}

/** Resolves once the client's state is as wished. */
async function state(client: Client, wish: (state: ClientState) => boolean, timeoutMs = 20_000): Promise<ClientState> {
  await until('the client’s state', () => wish(client.state.getSnapshot()), { timeoutMs });
  return client.state.getSnapshot();
}

const entryOf = (client: Client, roomId: string): RoomEntry => client.state.getSnapshot().rooms.get(roomId)!;
const reached = (client: Client, roomId: string, n: number) => state(client, ({ rooms, needs }) => (rooms.get(roomId)?.n ?? 0) >= n && needs.rooms.size + needs.summaries.size === 0);

/** Everything the client holds of a room must be what the queries answer. */
async function expectEqualToReload({ client }: Someone, roomId: string): Promise<void> {
  await chat.settled();
  const entry = entryOf(client, roomId);
  const { data: rooms } = await client.queries.myRooms({ limit: 200 });
  expect(entry.room).toEqual(rooms.rooms.find((room) => room.roomId === roomId));
  const { data: page } = await client.queries.history({ roomId, limit: 100 });
  expect(page.messages.map(({ ordinal }) => messageOf(entry, ordinal))).toEqual(page.messages);
  expect(entry.pages.flatMap(({ notes }) => notes)).toEqual(page.notes);
  if (entry.members) expect(entry.members.list).toEqual((await client.queries.members({ roomId, limit: 500 })).data.members);
}

/** One of everything that can happen in a room; returns the number of the last event. */
async function muchHappens(owner: Someone, other: Someone, roomId: string): Promise<number> {
  const target = async (by: Someone, text: string) => {
    const ack = await by.client.send({ type: 'post-message', roomId, text });
    return { messageId: ack.id, n: ack.n, seq: ack.seq };
  };
  const [first, second, third] = [await target(owner, '안녕하세요 https://example.org'), await target(other, `hello @${owner.userId}`), await target(other, 'bye')];
  const { client: a } = owner;
  const { client: b } = other;
  await a.send({ type: 'edit-message', roomId, target: first, text: 'edited' });
  await b.send({ type: 'react', roomId, target: first, emoji: '👍' });
  await a.send({ type: 'react', roomId, target: first, emoji: '❤️' });
  await a.send({ type: 'react', roomId, target: first, emoji: '👍' });
  await a.send({ type: 'react', roomId, target: first, emoji: '👍' });
  await b.send({ type: 'unreact', roomId, target: first, emoji: '👍' });
  await a.send({ type: 'pin-message', roomId, target: second });
  await a.send({ type: 'pin-message', roomId, target: third });
  await a.send({ type: 'unpin-message', roomId, target: third });
  await a.send({ type: 'redact-message', roomId, target: second });
  await b.send({ type: 'post-message', roomId, text: 'a reply', replyTo: third });
  await a.send({ type: 'rename-room', roomId, name: '새 이름' });
  await a.send({ type: 'set-room-topic', roomId, topic: 'talk' });
  await a.send({ type: 'set-room-topic', roomId, topic: '' });
  await a.send({ type: 'change-member-role', roomId, userId: other.userId, role: 'moderator' });
  await a.send({ type: 'archive-room', roomId });
  return (await a.send({ type: 'unarchive-room', roomId })).n;
}

describe('what is shown equals what is loaded', () => {
  test('for every event of a room, live, and for a third who joins, is invited, removed and leaves', async () => {
    const [ann, bob, eve] = [await someone('ann'), await someone('bob'), await someone('eve')];
    const { roomId = '' } = await ann.client.send({ type: 'create-room', roomId: ann.client.newId(), kind: 'public', name: 'Tea' });
    await bob.client.send({ type: 'join-room', roomId });
    await Promise.all([ann, bob].map(async ({ client }) => {
      await state(client, ({ rooms }) => rooms.has(roomId));
      await client.rooms.loadTail(roomId);
      await client.rooms.loadMembers(roomId);
    }));
    await eve.client.send({ type: 'join-room', roomId });
    await eve.client.send({ type: 'leave-room', roomId });
    await ann.client.send({ type: 'invite-member', roomId, userId: eve.userId });
    await ann.client.send({ type: 'remove-member', roomId, userId: eve.userId });
    await eve.client.send({ type: 'join-room', roomId });
    await state(eve.client, ({ rooms }) => rooms.has(roomId));
    await ann.client.send({ type: 'remove-member', roomId, userId: eve.userId });
    await state(eve.client, ({ rooms }) => !rooms.has(roomId));
    const n = await muchHappens(ann, bob, roomId);
    for (const who of [ann, bob]) {
      await reached(who.client, roomId, n);
      expect(who.client.state.getSnapshot().unsupported.size).toBe(0);
      await expectEqualToReload(who, roomId);
    }
    ann.client.markRead(roomId, n);
    expect(entryOf(ann.client, roomId).room).toMatchObject({ unread: 0, marker: n });
    // A reader's markers are committed at most every 5 s.
    await until('the marker in the read model', async () => (await ann.client.queries.room({ roomId })).data.n >= n && ((await ann.client.queries.myRooms()).data.rooms[0]?.marker ?? 0) === n, { timeoutMs: 30_000 });
    await expectEqualToReload(ann, roomId);
  });

  test('pages far from the end load by ordinal, each message once', async () => {
    const writer = await someone('writer');
    const { roomId = '' } = await writer.client.send({ type: 'create-room', roomId: writer.client.newId(), kind: 'group', name: 'Long' });
    const acks = await Promise.all(Array.from({ length: 260 }, (_, index) => writer.client.send({ type: 'post-message', roomId, text: `message ${index + 1}` })));
    expect(acks.map(({ n }) => n)).toEqual(acks.map((_, index) => acks.at(0)!.n + index));
    await chat.settled();
    const reader = createClient({ url: chat.url(), token: writer.token });
    clients.push(reader);
    reader.connect();
    await state(reader, ({ rooms }) => rooms.has(roomId));
    await reader.rooms.load(roomId, 95, 130);
    expect(missingOrdinals(entryOf(reader, roomId), 1, 200)).toEqual([]);
    expect(missingOrdinals(entryOf(reader, roomId), 201, 260).length).toBe(60);
    expect(messageOf(entryOf(reader, roomId), 101)?.text).toBe('message 101');
  });
});

describe('lines that are cut', () => {
  test('commands given offline, while the gateway is killed, are done once and in order; the others miss nothing', async () => {
    const [kim, lee] = [await someone('kim'), await someone('lee')];
    const { roomId = '' } = await kim.client.send({ type: 'create-room', roomId: kim.client.newId(), kind: 'public', name: 'Cut' });
    await lee.client.send({ type: 'join-room', roomId });
    await state(lee.client, ({ rooms }) => rooms.has(roomId));
    await lee.client.rooms.loadTail(roomId);
    const sends = Array.from({ length: 20 }, (_, index) => kim.client.send({ type: 'post-message', roomId, text: `before ${index}` }));
    await chat.kill('gateway');
    await state(kim.client, ({ connection }) => connection.state === 'offline' || connection.state === 'connecting');
    sends.push(...Array.from({ length: 5 }, (_, index) => kim.client.send({ type: 'post-message', roomId, text: `offline ${index}` })));
    expect(pendingMessages(kim.client.state.getSnapshot(), roomId).map(({ text }) => text).slice(-5)).toEqual([0, 1, 2, 3, 4].map((index) => `offline ${index}`));
    await chat.restart('gateway');
    kim.client.retryNow();
    const acks = await Promise.all(sends);
    expect(acks.map(({ n }) => n)).toEqual(acks.map(({ n }) => n).toSorted((a, b) => a - b));
    const last = acks.at(-1)!.n;
    await Promise.all([kim, lee].map(({ client }) => reached(client, roomId, last)));
    await state(kim.client, ({ outbox }) => outbox.length === 0);
    await expectEqualToReload(lee, roomId);
    const { data } = await lee.client.queries.history({ roomId, limit: 100 });
    expect(data.messages.map(({ text }) => text)).toEqual([...Array.from({ length: 20 }, (_, index) => `before ${index}`), ...Array.from({ length: 5 }, (_, index) => `offline ${index}`)]);
  });

  test('a restart in order is followed without a loss', async () => {
    const [one, two] = [await someone('one'), await someone('two')];
    const { roomId = '' } = await one.client.send({ type: 'create-room', roomId: one.client.newId(), kind: 'public', name: 'Drain' });
    await two.client.send({ type: 'join-room', roomId });
    await state(two.client, ({ rooms }) => rooms.has(roomId));
    await two.client.rooms.loadTail(roomId);
    await chat.restart('gateway');
    const { n } = await one.client.send({ type: 'post-message', roomId, text: 'after the restart' });
    await reached(two.client, roomId, n);
    await expectEqualToReload(two, roomId);
  });
});

test('what I do is shown at once, under the key that it keeps', async () => {
  const me = await someone('optimist');
  const { roomId = '' } = await me.client.send({ type: 'create-room', roomId: me.client.newId(), kind: 'group', name: 'Now' });
  await state(me.client, ({ rooms }) => rooms.has(roomId));
  await me.client.rooms.loadTail(roomId);
  const posting = me.client.send({ type: 'post-message', roomId, text: 'now' });
  const pending = pendingMessages(me.client.state.getSnapshot(), roomId).at(0)!;
  expect(pending).toMatchObject({ text: 'now', state: 'sending' });
  const rows: string[][] = [];
  const stop = me.client.state.subscribe(() => {
    const snapshot = me.client.state.getSnapshot();
    const confirmed = messageOf(snapshot.rooms.get(roomId)!, 1);
    rows.push([...(confirmed ? [confirmed.messageId] : []), ...pendingMessages(snapshot, roomId).map(({ key }) => key)]);
  });
  const ack = await posting;
  await reached(me.client, roomId, ack.n);
  stop();
  // In every state that was ever shown there is exactly one row, and it has one key.
  expect(new Set(rows.map((keys) => keys.join()))).toEqual(new Set([pending.key]));
  const message = messageOf(entryOf(me.client, roomId), 1)!;
  const reacting = me.client.send({ type: 'react', roomId, target: { messageId: message.messageId, n: message.n, seq: message.seq }, emoji: '🎉' });
  expect(withPending(message, me.client.state.getSnapshot().outbox, me.userId).reactions).toEqual([{ emoji: '🎉', users: [me.userId] }]);
  await reacting;
});

test('a refused text stays until somebody decides', async () => {
  const me = await someone('refused');
  await expect(me.client.send({ type: 'post-message', roomId: 'no-such-room', text: 'lost?' })).rejects.toMatchObject({ code: 'not-found' });
  const entry = me.client.state.getSnapshot().outbox.at(0)!;
  expect(entry).toMatchObject({ state: 'failed', problem: { code: 'not-found' } });
  me.client.outbox.discard(entry.key);
  expect(me.client.state.getSnapshot().outbox).toEqual([]);
});

test('typing and presence come, and a message ends the typing', async () => {
  const [ann, bob] = [await someone('typist'), await someone('watcher')];
  const { roomId = '' } = await ann.client.send({ type: 'create-room', roomId: ann.client.newId(), kind: 'public', name: 'Hands' });
  await bob.client.send({ type: 'join-room', roomId });
  await state(bob.client, ({ rooms }) => rooms.has(roomId));
  bob.client.openRooms([roomId]);
  ann.client.setPresence('active');
  await state(ann.client, ({ rooms }) => rooms.get(roomId)?.room.members === 2);
  ann.client.typing(roomId);
  await state(bob.client, ({ typing }) => typing.get(roomId)?.[0]?.userId === ann.userId);
  const { n } = await ann.client.send({ type: 'post-message', roomId, text: 'done' });
  await reached(bob.client, roomId, n);
  expect(bob.client.state.getSnapshot().typing.get(roomId)).toBeUndefined();
  expect(roomsByActivity(bob.client.state.getSnapshot())[0]?.roomId).toBe(roomId);
  await state(bob.client, ({ presence }) => presence.get(ann.userId) === 'active');
});
