import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streamIndexOf, streamNames } from '@parley/contracts/wire/partition';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { type Nats, startNats } from '@parley/dev/servers/nats';
import { until } from '@parley/dev/until';
import { encodeCommit } from '@parley/kernel/event-store/commit-codec';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { connectNats, type NatsConnection } from '@parley/kernel/nats/connect';
import { provisionStreams } from '@parley/kernel/nats/provision';
import { messagesOf, rewriteStream } from '@parley/tests/harness/rewrite-stream';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { followErasedPeople } from './erased-people.ts';

let dir: string;
let nats: Nats;
let nc: NatsConnection;
let log: EventLog;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-erased-'));
  nats = await startNats({ dir });
  nc = await connectNats({ url: nats.url, name: 'erased-people-spec' });
  await provisionStreams(nc, { replicas: 1 });
  log = await openJetStreamLog(nc);
});
afterAll(async () => {
  await nc.close();
  await nats.stop();
  await rm(dir, { recursive: true, force: true });
});

type Messages = Awaited<ReturnType<typeof messagesOf>>;
type Message = Messages[number];

function commitOf(userId: string, ...types: readonly string[]): Uint8Array {
  const events = types.map((type) => ({ type, v: 1, commandId: uuidv7(), by: 'system', data: {} }));
  return encodeCommit({ v: 1, ws: 'main', kind: 'user', id: userId, n: 1, prev: '', at: new Date().toISOString(), events });
}

const messageOf = (userId: string, type: string): Message => ({ subject: subjectOf({ kind: 'user', id: userId }), bytes: commitOf(userId, type) });

async function write(userId: string, ...types: readonly string[]): Promise<void> {
  const outcome = await log.append({ kind: 'user', id: userId }, 0, commitOf(userId, ...types), {});
  expect(outcome.outcome).toBe('stored');
}

/** Somebody else whose commits lie in the same stream. */
function besides(userId: string): string {
  for (;;) {
    const id = uuidv7();
    if (streamIndexOf('user', id) === streamIndexOf('user', userId)) return id;
  }
}

test('who was erased is known from the start, others are not told', async () => {
  const erasing = uuidv7();
  // In one stream, so that more lies between than one question answers.
  const beside = (): string => besides(erasing);
  const erased = beside();
  await write(erasing, 'user.erasure-started');
  for (let index = 0; index < 600; index += 1) await write(beside(), 'user.guest-registered');
  await write(erased, 'user.erased');
  const told: string[] = [];
  const people = await followErasedPeople(nc, { sinceMs: 60_000, onErased: (userId) => told.push(userId) });
  expect(told.toSorted()).toEqual([erasing, erased].toSorted());
  people.stop();
});

test('what is longer ago than asked for is left out', async () => {
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  const told: string[] = [];
  (await followErasedPeople(nc, { sinceMs: 0, onErased: (userId) => told.push(userId) })).stop();
  expect(told).toEqual([]);
});

test('who is erased later is told once, also over a time without NATS', async () => {
  const told: string[] = [];
  const people = await followErasedPeople(nc, { sinceMs: 0, onErased: (userId) => told.push(userId), lookEveryMs: 50 });
  const [first, second] = [uuidv7(), uuidv7()];
  await write(first, 'user.erasure-started');
  await until('the first to be told', () => told.includes(first));
  await nats.kill('SIGKILL');
  await nats.restart();
  await until('an append after the restart', () => write(second, 'user.erasure-started').then(() => true, () => false), { timeoutMs: 30_000 });
  await until('the second to be told', () => told.includes(second));
  await write(uuidv7(), 'user.erasure-started');
  await until('the third to be told', () => told.length > 2);
  expect(told).toEqual([first, second, told[2]]);
  people.stop();
});

test.each([
  ['from before, with lower numbers', () => ({ copy: [], changes: {} })],
  ['that is longer, of another epoch', (stored: Messages, late: Message, other: Message) => ({ copy: [late, ...stored, other], changes: { metadata: { epoch: 'restored' } } })],
])('who is erased in a copy that took a stream’s place is told: one %s', async (_, change) => {
  const told: string[] = [];
  const before = uuidv7();
  const [late, other, after] = [besides(before), besides(before), besides(before)];
  const stream = streamNames[streamIndexOf('user', before)]!;
  // More than the copy ever has: of the same epoch, only its numbers tell.
  for (const userId of [besides(before), besides(before), before]) await write(userId, 'user.erased');
  const people = await followErasedPeople(nc, { sinceMs: 60_000, onErased: (userId) => told.push(userId), lookEveryMs: 50 });
  expect(told).toContain(before);
  const { copy, changes } = change(await messagesOf(nc, stream), messageOf(late, 'user.erased'), messageOf(other, 'user.guest-registered'));
  await rewriteStream(nc, stream, copy, changes);
  await write(after, 'user.erased');
  await until('the ones of the copy to be told', () => (copy.length === 0 || told.includes(late)) && told.includes(after));
  people.stop();
});
