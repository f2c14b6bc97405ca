import { startService, type Service } from '@parley/dev/services';
import { until } from '@parley/dev/until';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { ChatSocket } from '../harness/chat-socket.ts';
import { Constellation } from '../harness/constellation.ts';
import { FaultProxy } from '../harness/fault-proxy.ts';
import { accepted } from '../harness/people.ts';

let chat: Constellation;
let api: Service;
let live: Service;
beforeAll(async () => {
  chat = await Constellation.start({ gateways: 0 });
  const gateway = (role: 'api' | 'live') =>
    startService({ name: 'gateway', instance: `gateway-${role}`, world: chat.world, logFile: chat.logFile('gateway', role === 'api' ? 0 : 1), env: { GATEWAY_ROLE: role, QUERY_URL: chat.service('query-service').url } });
  [api, live] = await Promise.all([gateway('api'), gateway('live')]);
}, 120_000);
afterAll(async () => {
  await Promise.all([api?.stop(), live?.stop()]);
  await chat?.stop();
});

async function signIn(name: string): Promise<{ token: string; userId: string }> {
  const answer = await fetch(`${api.url}/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name }) });
  expect(answer.status).toBe(200);
  return (await answer.json()) as { token: string; userId: string };
}

const call = (method: string, path: string, token: string, body?: object) =>
  fetch(`${api.url}${path}`, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': uuidv7() }, ...(body && { body: JSON.stringify(body) }) });

test('a live gateway that never had a key is not ready, and says why', async () => {
  const gatewayWith = (name: string, index: number, env: Readonly<Record<string, string>>) =>
    startService({ name: 'gateway', instance: `gateway-${name}`, world: chat.world, logFile: chat.logFile('gateway', index), env: { GATEWAY_ROLE: 'live', QUERY_URL: chat.service('query-service').url, ...env } });
  const vaultless = await Promise.all([gatewayWith('closed', 2, { VAULT_URL: 'postgres://nobody@127.0.0.1:1/parley_vault' }), gatewayWith('wrapped', 3, { PARLEY_KEK: 'A'.repeat(43) })]);
  try {
    const answers = await Promise.all(vaultless.map(({ url }) => fetch(`${url}/health/ready`)));
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    const reasons = (await Promise.all(answers.map((answer) => answer.json()))) as { reasons: Record<string, string> }[];
    expect(reasons.map(({ reasons: { vault } }) => vault)).toEqual([expect.stringContaining('ECONNREFUSED'), expect.stringContaining('another key than PARLEY_KEK')]);
    expect((await fetch(`${live.url}/health/ready`)).status).toBe(200);
  } finally {
    await Promise.all(vaultless.map((service) => service.stop()));
  }
}, 60_000);

test('a command-service that cannot open the vault’s secrets takes no room', async () => {
  const ben = await signIn('role-ben');
  const wrapped = await startService({ name: 'command-service', instance: 'command-service-wrapped', world: chat.world, logFile: chat.logFile('command-service', 3), env: { PARLEY_KEK: 'A'.repeat(43) } });
  try {
    expect(((await (await fetch(`${wrapped.url}/health/ready`)).json()) as { reasons: object }).reasons).toMatchObject({ vault: expect.stringContaining('another key than PARLEY_KEK'), member: expect.any(String) });
    // Half of so many would be its.
    for (const roomId of Array.from({ length: 8 }, () => uuidv7())) {
      expect((await call('POST', '/v1/rooms', ben.token, { roomId, kind: 'public', name: 'kept' })).status).toBe(200);
      const { cursor } = (await (await call('POST', `/v1/rooms/${roomId}/messages`, ben.token, { text: 'can be read' })).json()) as { cursor: string };
      const page = (await (await call('GET', `/v1/rooms/${roomId}/messages?after=${cursor}`, ben.token)).json()) as { data: { messages: { text: string }[] } };
      expect(page.data.messages.map(({ text }) => text)).toEqual(['can be read']);
    }
  } finally {
    await wrapped.stop();
  }
}, 60_000);

test('projectors with another key than the vault’s refuse to start, instead of setting every room aside', async () => {
  await signIn('role-kim');
  await expect(startService({ name: 'projectors', instance: 'projectors-wrapped', world: chat.world, logFile: chat.logFile('projectors', 3), env: { PARLEY_KEK: 'A'.repeat(43) } })).rejects.toThrow('another key than PARLEY_KEK');
}, 60_000);

test('a command-service that starts without its vault joins when it answers', async () => {
  const line = await FaultProxy.start(chat.servers.postgres.port);
  line.cut();
  const early = await startService({ name: 'command-service', instance: 'command-service-early', world: chat.world, logFile: chat.logFile('command-service', 4), env: { VAULT_URL: line.through(chat.servers.postgres.vaultUrl) } });
  try {
    const ready = async () => (await fetch(`${early.url}/health/ready`)).status;
    expect(await ready()).toBe(503);
    line.heal();
    await until('readiness', async () => (await ready()) === 200);
  } finally {
    await early.stop();
    await line.stop();
  }
}, 60_000);

test('each pool does its own, and either lives without the other', async () => {
  const ann = await signIn('role-ann');
  const roomId = uuidv7();
  expect((await call('POST', '/v1/rooms', ann.token, { roomId, kind: 'public', name: 'roles' })).status).toBe(200);
  await expect(ChatSocket.open({ url: api.url, token: ann.token })).rejects.toThrow();
  expect((await fetch(`${live.url}/v1/me/rooms`, { headers: { authorization: `Bearer ${ann.token}` } })).status).toBe(404);

  const socket = await ChatSocket.open({ url: live.url, token: ann.token });
  await accepted(socket.send({ type: 'post-message', roomId, text: 'both are here' }));

  // Without the API side and every query-service, live chat goes on for those who are in.
  await api.kill('SIGKILL');
  await chat.kill('query-service', 0);
  const alone = await accepted(socket.send({ type: 'post-message', roomId, text: 'only the live side' }));
  await socket.until(() => socket.eventsOf(roomId).some(({ n }) => n === alone.n), 10_000, 'one’s own post');
  await chat.restart('query-service', 0);
  await api.restart();

  // Without any live gateway, commands and queries go on.
  await live.kill('SIGKILL');
  const posted = await call('POST', `/v1/rooms/${roomId}/messages`, ann.token, { text: 'only the API side' });
  expect(posted.status).toBe(200);
  const { cursor } = (await posted.json()) as { cursor: string };
  const page = (await (await call('GET', `/v1/rooms/${roomId}/messages?after=${cursor}`, ann.token)).json()) as { data: { messages: { text: string }[] } };
  expect(page.data.messages.map(({ text }) => text)).toEqual(['both are here', 'only the live side', 'only the API side']);
}, 120_000);

test('a service that is set to another workspace than the log’s refuses to start: what it wrote would be no part of it, for ever', async () => {
  await signIn('role-first');
  const refused = await Promise.allSettled((['command-service', 'projectors', 'gateway'] as const).map((name) =>
    startService({ name, instance: `${name}-elsewhere`, world: chat.world, logFile: chat.logFile(name, 9), env: { PARLEY_WS: 'elsewhere', QUERY_URL: chat.service('query-service').url } })));
  for (const each of refused) expect(each).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('the log is of workspace \\"main\\", and PARLEY_WS is \\"elsewhere\\"') } });
}, 60_000);
