import { CommandBus } from '@nestjs/cqrs';
import { NestFactory } from '@nestjs/core';
import { aggregateKinds } from '@parley/contracts/envelope/commit';
import type { Caller } from '@parley/contracts/envelope/caller';
import type { CommandId, UserId } from '@parley/contracts/ids';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import { createMemoryLog } from '@parley/kernel/event-store/memory-log';
import { createAggregates } from '@parley/kernel/event-store/repository';
import { createSealer } from '@parley/kernel/sealing/sealer';
import { memoryVault, type MemoryVault } from '@parley/kernel/vault/memory-vault';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import 'reflect-metadata';
import { expect, test } from 'vitest';
import { CommandModule } from '../command.module.ts';
import { deciders } from '../deciders.ts';
import { derivedId } from '../prepare/derived-id.ts';
import { createTargets } from '../prepare/targets.ts';
import { type AggregateTurn, turnOf } from '../turns/turns.ts';
import { createWriteModel } from '../write-model.ts';
import { createDesk, type Desk } from './desk.ts';

const ann = '01900000-0000-7000-8000-000000000001' as UserId;
const newId = (): CommandId => derivedId(Date.now(), randomUUID(), 'test');
const registration = { rollForward: () => Promise.reject(new Error('no names here')), release: () => Promise.resolve(undefined) };

type World = { readonly desk: Desk; readonly turns: AggregateTurn[]; readonly vault: MemoryVault; readonly bus: CommandBus; [Symbol.asyncDispose](): Promise<void> };

/** The whole service between its doors and its log, in memory. */
async function open(vault: MemoryVault = memoryVault()): Promise<World> {
  const log = createMemoryLog();
  const aggregates = createAggregates({ log, ws: 'main', deciders });
  const model = createWriteModel(aggregates);
  const app = await NestFactory.createApplicationContext(CommandModule.of(aggregates, registration), { logger: false });
  const bus = app.get(CommandBus);
  const turns: AggregateTurn[] = [];
  bus.subscribe((turn) => turns.push(turn as AggregateTurn));
  const needs = {
    ws: 'main', sealer: createSealer(vault, 'main'), targets: createTargets(log), model,
  };
  const close = async (): Promise<void> => {
    await aggregates.shutdown();
    await app.close();
  };
  return { desk: createDesk(needs, bus), turns, vault, bus, [Symbol.asyncDispose]: close };
}
const send = (desk: Desk, command: object, caller: Caller = { userId: ann, kind: 'user' }): Promise<CommandReply> =>
  desk.handle({ id: newId(), command, caller, deadline: Date.now() + 9_000 });
const createRoom = { type: 'create-room', roomId: 'kitchen', kind: 'public', name: 'Kitchen' };

test('the bus is entered once for all commands that come for an aggregate at the same time', async () => {
  await using world = await open();
  await send(world.desk, createRoom);
  // The first post makes its keys; from then on nothing waits.
  await send(world.desk, { type: 'post-message', roomId: 'kitchen', text: 'first' });
  const before = world.turns.length;
  const replies = await Promise.all(Array.from({ length: 100 }, () => send(world.desk, { type: 'post-message', roomId: 'kitchen', text: 'hello' })));
  expect(replies.every(({ ok }) => ok)).toBe(true);
  expect(world.turns.length).toBe(before + 1);
});

test('every kind of aggregate has exactly one handler of its turns', async () => {
  await using world = await open();
  const { handlers } = world.bus as unknown as { handlers: Map<string, unknown> };
  expect(handlers.size).toBe(new Set(aggregateKinds.map((kind) => turnOf[kind])).size);
  for (const kind of aggregateKinds) await expect(world.bus.execute(new turnOf[kind]({ kind, id: 'x' }, []))).resolves.toBeUndefined();
});

test('without its vault the service refuses, and goes on once it is back', async () => {
  await using world = await open();
  world.vault.setAvailable(false);
  expect(await send(world.desk, createRoom)).toMatchObject({ ok: false, problem: { code: 'unavailable' } });
  world.vault.setAvailable(true);
  await expect.poll(async () => (await send(world.desk, createRoom)).ok, { timeout: 5_000 }).toBe(true);
});

test('strangers have no keys made, in rooms they guess or name', async () => {
  await using world = await open();
  const callsBefore = world.vault.calls;
  for (const roomId of ['guess-1', 'guess-2']) {
    expect(await send(world.desk, { type: 'post-message', roomId, text: 'hello' })).toMatchObject({ ok: false, problem: { code: 'not-found' } });
    expect(await send(world.desk, { type: 'rename-room', roomId, name: 'Mine' })).toMatchObject({ ok: false, problem: { code: 'not-found' } });
  }
  expect(world.vault.calls).toBe(callsBefore);
});

test('a person whose keys were destroyed says nothing more', async () => {
  await using world = await open();
  await world.vault.destroy(`person:${ann}`, 'erasure');
  expect(await send(world.desk, createRoom)).toMatchObject({ ok: false, problem: { code: 'erased' } });
});

test('lines of an archive are decided in the order in which they came, however long a key takes', async () => {
  const slow = '01900000-0000-7000-8000-00000000000f';
  const vault = memoryVault();
  await using world = await open({
    ...vault,
    async getOrCreate(scopes) {
      if (scopes.includes(`person:${slow}`)) await pause(100);
      return vault.getOrCreate(scopes);
    },
  });
  await send(world.desk, createRoom);
  await send(world.desk, { type: 'post-message', roomId: 'kitchen', text: 'the room has its key' });
  const line = (number: number, author: string) => ({ line: number, messageId: newId(), author, sentAt: '2004-07-05T10:00:00Z', text: 'old' });
  const batch = (number: number, author: string): Promise<CommandReply> =>
    send(world.desk, { type: 'import-messages', roomId: 'kitchen', source: 'ubuntu', lines: [line(number, author)] }, { userId: 'system', kind: 'operator' });
  const replies = await Promise.all([batch(1, slow), batch(2, ann), batch(3, ann)]);
  expect(replies.map((reply) => reply.ok && reply.events)).toEqual([1, 1, 1]);
});
