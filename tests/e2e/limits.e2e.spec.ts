import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '@parley/dev/until';
import { ChatSocket } from '../harness/chat-socket.ts';
import { Constellation } from '../harness/constellation.ts';
import { accepted, newRoom, person, type Person } from '../harness/people.ts';

const perSecond = 20;
let chat: Constellation;
let ann: Person;
let roomId: string;
beforeAll(async () => {
  chat = await Constellation.start({ gateways: 2, env: { gateway: { FRAMES_PER_SECOND_MAX: String(perSecond), FRAMES_BURST_MAX: String(perSecond), REQUESTS_PER_SECOND_MAX: '20' } } });
  ann = await person(chat, 'limits-ann');
  roomId = await newRoom(ann);
}, 120_000);
afterAll(() => chat?.stop());

/** One person sends for `ms` on a socket of each gateway as much as passes; returns how many were answered. */
async function flood(ms: number, gateways: readonly number[]): Promise<number> {
  let answered = 0;
  const sockets = await Promise.all(gateways.map((gateway) => ChatSocket.open({ url: chat.url(gateway), token: ann.token })));
  const end = performance.now() + ms;
  await Promise.all(sockets.flatMap((socket) => Array.from({ length: 10 }, async () => {
    while (performance.now() < end) {
      const outcome = await Promise.race([socket.send({ type: 'post-message', roomId, text: 'more' }, uuidv7()), new Promise<undefined>((resolve) => setTimeout(resolve, Math.max(0, end - performance.now())))]);
      if (outcome?.ended === 'ok' && performance.now() < end) answered += 1;
    }
  })));
  for (const socket of sockets) socket.close();
  return answered;
}

test('one person gets no more from two gateways than from one, over sockets and over HTTP', async () => {
  const passed = await flood(6_000, [0, 1]);
  console.log(`two gateways let ${passed} frames pass in 6 s at ${perSecond} a second`);
  expect(passed).toBeLessThan(1.35 * (perSecond + 6 * perSecond));
  expect(passed).toBeGreaterThan(2 * perSecond);
  const statuses: number[] = [];
  const end = performance.now() + 4_000;
  await Promise.all([0, 1].flatMap((gateway) => Array.from({ length: 8 }, async () => {
    while (performance.now() < end) statuses.push((await fetch(`${chat.url(gateway)}/v1/me`, { headers: { authorization: `Bearer ${ann.token}` } })).status);
  })));
  const ok = statuses.filter((status) => status === 200).length;
  console.log(`two gateways answered ${ok} of ${statuses.length} requests in 4 s at 20 a second and 200 at once`);
  expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
  expect(ok).toBeLessThan(1.35 * (200 + 4 * 20));
  expect(ok).toBeGreaterThan(100);
}, 60_000);

test('Redis killed amid it: the limits go on, and so does the chat', async () => {
  const share = async (gateway: number) => /^parley_gateway_limits_share(?:\{.*\})? ([\d.]+)/m.exec(await (await fetch(`${chat.service('gateway', gateway).url}/metrics`)).text())?.[1];
  await until('the gateways to know of each other', async () => (await share(0)) === '1' && (await share(1)) === '1');
  const bob = await person(chat, 'limits-bob', { gateway: 1 });
  await accepted(bob.socket.send({ type: 'join-room', roomId }));
  const flooding = flood(8_000, [0, 1]);
  await chat.servers.redis!.kill('SIGSTOP');
  const worst: number[] = [];
  for (let index = 0; index < 20; index += 1) {
    if (index === 8) await chat.servers.redis!.kill('SIGKILL');
    const begun = performance.now();
    await accepted(bob.socket.send({ type: 'post-message', roomId, text: `still here ${index}` }));
    worst.push(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  await until('each gateway to grant its part', async () => (await share(0)) === '0.5' && (await share(1)) === '0.5');
  const passed = await flooding;
  console.log(`with Redis gone two gateways let ${passed} frames pass in 8 s at ${perSecond} a second; bob’s slowest answer took ${Math.round(Math.max(...worst))} ms`);
  expect(passed).toBeLessThan(1.5 * (perSecond + 8 * perSecond));
  expect(passed).toBeGreaterThan(2 * perSecond);
  expect(Math.max(...worst)).toBeLessThan(2_000);
  await chat.servers.redis!.restart();
  await until('sharing again', async () => (await share(0)) === '1' && (await share(1)) === '1');
}, 90_000);
