import type { CommandReply } from '@parley/contracts/wire/command-request';
import { commandSubject } from '@parley/contracts/wire/subjects';
import { type Nats, startNats } from '@parley/dev/servers/nats';
import { until } from '@parley/dev/until';
import { connectNats, type NatsConnection } from '@parley/kernel/nats/connect';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type NatsDoor, openNatsDoor } from './nats-door.ts';

let dir: string;
let nats: Nats;
let nc: NatsConnection;
let client: NatsConnection;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-command-door-'));
  nats = await startNats({ dir });
  nc = await connectNats({ url: nats.url, name: 'door' });
  client = await connectNats({ url: nats.url, name: 'client' });
});
afterAll(async () => {
  await client?.close();
  await nc?.close();
  await nats?.stop();
  await rm(dir, { recursive: true, force: true });
});

const done: CommandReply = { ok: true, n: 1, events: 1, position: { stream: 'EVT_0', seq: 1, epoch: 'e' }, at: '2026-01-01T00:00:00.000Z' };
const request = (deadlineMs = 9_000): string =>
  JSON.stringify({ id: '01900000-0000-7000-8000-000000000001', command: { type: 'leave-room', roomId: 'x' }, caller: { userId: 'system', kind: 'system' }, deadline: Date.now() + deadlineMs });
const ask = async (instance: string, payload = request()): Promise<CommandReply> => (await client.request(commandSubject(instance, 0), payload, { timeout: 10_000 })).json<CommandReply>();

/** A door whose commands are decided when the test says so. */
async function openHeld(instance: string, bounds: { inFlightMax?: number; inFlightBytesMax?: number } = {}): Promise<{ door: NatsDoor; letGo: () => void }> {
  const held: ((reply: CommandReply) => void)[] = [];
  const desk = { handle: () => new Promise<CommandReply>((resolve) => held.push(resolve)) };
  const door = openNatsDoor({ nc, instance, desk, answerQuestion: () => Promise.reject(new Error('none')), ...bounds });
  await door.opened();
  return { door, letGo: () => held.splice(0).forEach((resolve) => resolve(done)) };
}

test('past its bound it says so at once, and takes more when there is room', async () => {
  const { door, letGo } = await openHeld('full', { inFlightMax: 3 });
  const first = [ask('full'), ask('full'), ask('full')];
  await until('three in hand', () => door.inFlight === 3);
  const since = performance.now();
  expect(await ask('full')).toMatchObject({ ok: false, problem: { code: 'overloaded', retryAfterMs: 250 } });
  expect(performance.now() - since).toBeLessThan(500);
  letGo();
  expect(await Promise.all(first)).toEqual([done, done, done]);
  const next = ask('full');
  await until('room for one more', () => door.inFlight === 1);
  letGo();
  expect(await next).toEqual(done);
  await door.close(1_000);
});

test('bytes in hand are bounded too', async () => {
  const { door, letGo } = await openHeld('heavy', { inFlightBytesMax: request().length + 10 });
  const first = ask('heavy');
  await until('one in hand', () => door.inFlight === 1);
  expect(await ask('heavy')).toMatchObject({ ok: false, problem: { code: 'overloaded' } });
  letGo();
  expect(await first).toEqual(done);
  await door.close(1_000);
});

test('whatever happens behind it, nobody waits longer than the deadline and a moment', async () => {
  const { door } = await openHeld('stuck');
  const since = performance.now();
  expect(await ask('stuck', request(300))).toMatchObject({ ok: false, problem: { code: 'timeout' } });
  expect(performance.now() - since).toBeLessThan(2_000);
  expect(door.inFlight).toBe(0);
  await door.close(1_000);
});

test('closing answers what is in hand and takes nothing more', async () => {
  const { door, letGo } = await openHeld('closing');
  const last = ask('closing');
  await until('one in hand', () => door.inFlight === 1);
  const closed = door.close(5_000);
  await nc.flush();
  await expect(client.request(commandSubject('closing', 0), request())).rejects.toThrow(/no responders/i);
  letGo();
  expect(await last).toEqual(done);
  await closed;
});
