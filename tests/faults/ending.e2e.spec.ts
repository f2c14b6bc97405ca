import type { ServiceName } from '@parley/dev/services';
import { until } from '@parley/dev/until';
import { expect, test } from 'vitest';
import { Constellation } from '../harness/constellation.ts';
import { newRoom, person, post } from '../harness/people.ts';

/** Goal: whoever is told to end does so in order within its 20 s, whatever is away: an orchestrator that has to kill learns nothing. */
const names: readonly ServiceName[] = ['gateway', 'query-service', 'command-service', 'projectors'];

async function away(chat: Constellation): Promise<void> {
  const { nats, postgres, redis } = chat.servers;
  await Promise.all([nats.kill('SIGKILL'), postgres.kill('SIGKILL'), redis?.kill('SIGKILL')]);
}

async function endings(chat: Constellation): Promise<Record<string, unknown>> {
  const begun = performance.now();
  const ended = await Promise.all(names.map(async (name) => {
    const service = chat.service(name);
    await service.kill('SIGTERM');
    return [name, { ...(await service.exited()), seconds: (performance.now() - begun) / 1_000 }] as const;
  }));
  console.log(`ended: ${ended.map(([name, { seconds }]) => `${name} after ${seconds.toFixed(1)} s`).join(', ')}`);
  return Object.fromEntries(ended.map(([name, { code, signal }]) => [name, { code, signal }]));
}

const inOrder = Object.fromEntries(names.map((name) => [name, { code: 0, signal: null }]));

async function talking(): Promise<Constellation> {
  const chat = await Constellation.start({ serversOptions: { redis: true } });
  const ann = await person(chat, 'ending-ann');
  await post(ann, await newRoom(ann), 'before the end');
  return chat;
}

test('everything it needs goes away in the moment in which it is told to end', async () => {
  await using chat = await talking();
  const going = away(chat);
  expect(await endings(chat)).toEqual(inOrder);
  await going;
}, 120_000);

test('everything it needs has been away for long enough to be noticed', async () => {
  await using chat = await talking();
  await away(chat);
  await until('all of them not to be ready', async () => (await Promise.all(names.map(async (name) => (await fetch(`${chat.service(name).url}/health/ready`)).status))).every((status) => status === 503), { timeoutMs: 30_000 });
  expect(await endings(chat)).toEqual(inOrder);
}, 120_000);
