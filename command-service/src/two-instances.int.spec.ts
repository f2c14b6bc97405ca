import type { Caller } from '@parley/contracts/envelope/caller';
import type { CommandId, UserId } from '@parley/contracts/ids';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import { partitionOf } from '@parley/contracts/wire/partition';
import { makeSecrets } from '@parley/kernel/config/secrets';
import { type Service, startService } from '@parley/dev/services';
import { until } from '@parley/dev/until';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { connectNats, type NatsConnection } from '@parley/kernel/nats/connect';
import { type MembersView, watchMembers } from '@parley/kernel/routing/members';
import { ownersOf } from '@parley/kernel/routing/rendezvous';
import { type CommandSender, createCommandSender } from '@parley/kernel/routing/send-command';
import { type Servers, startServers } from '@parley/tests/harness/servers';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { derivedId } from './prepare/derived-id.ts';

const system: Caller = { userId: 'system', kind: 'system' };
const newId = (): CommandId => derivedId(Date.now(), randomUUID(), 'test');
const ann = newId() as string as UserId;
const caller: Caller = { userId: ann, kind: 'user' };

let servers: Servers;
let nc: NatsConnection;
let view: MembersView & { stop(): Promise<void> };
let sender: CommandSender;
const instances = new Map<string, Service>();

beforeAll(async () => {
  servers = await startServers({ redis: false });
  const world = { natsUrl: servers.natsUrl, databaseUrl: servers.postgres.databaseUrl, vaultUrl: servers.postgres.vaultUrl, secrets: makeSecrets() };
  const start = (instance: string) => startService({ name: 'command-service', instance, world, logFile: join(servers.dir, `${instance}.log`) });
  for (const service of await Promise.all(['one', 'two'].map(start))) instances.set(service.instance, service);
  nc = await connectNats({ url: servers.natsUrl, name: 'spec' });
  view = await watchMembers(nc);
  sender = createCommandSender(nc, view);
  await until('both to be members', () => view.members().length === 2);
});
afterAll(async () => {
  await view?.stop();
  await nc?.close();
  await Promise.all([...instances.values()].map((service) => service.stop()));
  await servers?.stop();
});

const send = (command: object, id = newId(), as = caller): Promise<CommandReply> => {
  const { roomId = ann } = command as { roomId?: string };
  return sender.send({ id, command, caller: as, deadline: Date.now() + 9_000 }, { kind: 'roomId' in command ? 'room' : 'user', id: roomId });
};
const ownerOf = (roomId: string): Service => instances.get(ownersOf(partitionOf(roomId), view.members())[0] ?? '') as Service;

/** A room of Ann's that the named instance owns. */
async function roomOwnedBy(instance: string): Promise<string> {
  let roomId: string;
  do roomId = `r${randomUUID().slice(0, 8)}`;
  while (ownerOf(roomId).instance !== instance);
  expect(await send({ type: 'create-room', roomId, kind: 'public', name: 'Kitchen' })).toMatchObject({ ok: true });
  return roomId;
}
async function postedIn(roomId: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { bytes } of (await openJetStreamLog(nc)).read({ kind: 'room', id: roomId }, 0)) {
    for (const { type, data } of decodeCommit(bytes).events) if (type === 'message.posted') ids.push(data['messageId'] as string);
  }
  return ids;
}

type Sent = { readonly id: CommandId; readonly reply: CommandReply; readonly ms: number };

/** Posts without pause until told to stop; each send is answered before the next, so every acknowledged one must be there. */
function talk(roomId: string): { readonly sent: Sent[]; stop(): Promise<Sent[]> } {
  const sent: Sent[] = [];
  let going = true;
  const run = async (): Promise<void> => {
    while (going) {
      const [id, since] = [newId(), performance.now()];
      const reply = await send({ type: 'post-message', roomId, text: 'still here' }, id);
      sent.push({ id, reply, ms: performance.now() - since });
    }
  };
  const running = Promise.all(Array.from({ length: 8 }, run));
  return {
    sent,
    async stop() {
      going = false;
      await running;
      return sent;
    },
  };
}

async function expectKept(roomId: string, sent: readonly Sent[]): Promise<void> {
  const stored = await postedIn(roomId);
  expect(new Set(stored).size).toBe(stored.length);
  const acknowledged = sent.filter(({ reply }) => reply.ok).map(({ id }) => id);
  expect(acknowledged.filter((id) => !stored.includes(id))).toEqual([]);
  expect(Math.max(...sent.map(({ ms }) => ms))).toBeLessThan(10_000);
}
const countOk = (sent: readonly Sent[]): number => sent.filter(({ reply }) => reply.ok).length;

test('two instances share the partitions; one that is killed is replaced within 5 s and nothing acknowledged is lost or doubled', async () => {
  expect(await send({ type: 'start-registration', userId: ann, name: 'Ann' }, newId(), system)).toMatchObject({ ok: true });
  const owners = new Set(Array.from({ length: 64 }, (_, partition) => ownersOf(partition, view.members())[0]));
  expect(owners).toEqual(new Set(['one', 'two']));
  const roomId = await roomOwnedBy('one');
  const talking = talk(roomId);
  await until('some posts', () => countOk(talking.sent) >= 50);
  await instances.get('one')?.kill('SIGKILL');
  const [killedAt, before] = [performance.now(), countOk(talking.sent)];
  await until('posts to go on', () => countOk(talking.sent) > before + 20, { timeoutMs: 10_000 });
  expect(performance.now() - killedAt).toBeLessThan(5_000);
  await expectKept(roomId, await talking.stop());
  await instances.get('one')?.restart();
  await until('both to be members', () => view.members().length === 2);
});

test('one that is paused harms nothing: others go on, and it does no damage when it wakes', async () => {
  const roomId = await roomOwnedBy('two');
  const two = instances.get('two') as Service;
  const talking = talk(roomId);
  await until('some posts', () => countOk(talking.sent) >= 50);
  await two.kill('SIGSTOP');
  const before = countOk(talking.sent);
  await until('posts to go on', () => countOk(talking.sent) > before + 50, { timeoutMs: 15_000 });
  await two.kill('SIGCONT');
  const resumed = countOk(talking.sent);
  await until('both to be members, and posts to go on', () => view.members().length === 2 && countOk(talking.sent) > resumed + 50, { timeoutMs: 15_000 });
  await expectKept(roomId, await talking.stop());
});

test('one that is asked to stop hands over without a single refusal', async () => {
  const roomId = await roomOwnedBy('one');
  const talking = talk(roomId);
  await until('some posts', () => countOk(talking.sent) >= 50);
  await instances.get('one')?.stop();
  const before = countOk(talking.sent);
  await until('posts to go on', () => countOk(talking.sent) > before + 50);
  const sent = await talking.stop();
  expect(sent.filter(({ reply }) => !reply.ok).map(({ reply }) => reply)).toEqual([]);
  await expectKept(roomId, sent);
  expect(Math.max(...sent.map(({ ms }) => ms))).toBeLessThan(2_000);
  await instances.get('one')?.restart();
  await until('both to be members', () => view.members().length === 2);
});

test('NATS is killed and comes back: both go on by themselves, and every unknown id has one answer in the end', async () => {
  const roomId = await roomOwnedBy('two');
  const talking = talk(roomId);
  for (let kill = 0; kill < 2; kill += 1) {
    const before = countOk(talking.sent);
    await until('some posts', () => countOk(talking.sent) >= before + 50, { timeoutMs: 20_000 });
    await servers.nats.kill('SIGKILL');
    await servers.nats.restart();
  }
  const before = countOk(talking.sent);
  await until('posts to go on', () => countOk(talking.sent) > before + 50, { timeoutMs: 20_000 });
  const sent = await talking.stop();
  for (const { id } of sent.filter(({ reply }) => !reply.ok)) {
    expect(await send({ type: 'post-message', roomId, text: 'still here' }, id)).toMatchObject({ ok: true });
  }
  await expectKept(roomId, sent);
  expect(new Set(await postedIn(roomId))).toEqual(new Set(sent.map(({ id }) => id)));
});
