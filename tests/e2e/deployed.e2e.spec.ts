import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connectNats } from '@parley/kernel/nats/connect';
import { openVault } from '@parley/kernel/vault/postgres-vault';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { until } from '@parley/dev/until';
import { ChatSocket } from '../harness/chat-socket.ts';
import { Deployment, type NatsUser } from '../harness/deployment.ts';
import { accepted } from '../harness/people.ts';

/** Goal: whoever follows infra/docs/deploy.md has a Parley that works, is closed, and can be cared for while people talk. Method: the files of infra/deploy with other addresses in them, and the CLI in the operator's hand. */
let deployed: Deployment;
let ca: string;
beforeAll(async () => {
  deployed = await Deployment.start();
  ca = readFileSync(deployed.certificates.ca, 'utf8');
}, 180_000);
afterAll(() => deployed?.[Symbol.asyncDispose](), 120_000);

type SignedIn = { readonly token: string; readonly userId: string };
const signIn = async (name: string): Promise<SignedIn> => (await deployed.call('POST', '/v1/session', { body: { name } })).body as SignedIn;
const open = (token: string, cursor?: string) => ChatSocket.open({ url: deployed.url, token, ca, ...(cursor !== undefined && { cursor }) });

test('one command makes streams and tables, one file the roles, and then all is well', async () => {
  await deployed.administer('1-databases.sql');
  const made = await deployed.parley('doctor', '--fix', '--yes', '--json');
  expect(JSON.parse(made.stdout)).toMatchObject({ fixed: [{ name: 'streams', done: expect.stringContaining('3 replicas') }, { name: 'migrations', done: expect.any(String) }] });
  await deployed.administer('2-services.sql');
  await deployed.startServices();
  await signIn('Ann');
  const { code, stdout } = await deployed.parley('doctor', '--json');
  const { checks } = JSON.parse(stdout) as { checks: { name: string; state: string; detail: string }[] };
  expect(checks.filter(({ state }) => state !== 'ok')).toEqual([]);
  expect(checks.find(({ name }) => name === 'members')?.detail).toBe('command-1 0.1.0, command-2 0.1.0');
  expect(code).toBe(0);
}, 300_000);

test('people talk, search and read through the proxy, and no service is refused what it needs', async () => {
  const [ann, kim] = [await signIn('Ann'), await signIn('김')];
  const [a, k] = [await open(ann.token), await open(kim.token)];
  const roomId = uuidv7();
  await accepted(a.send({ type: 'create-room', roomId, kind: 'public', name: '부엌', history: 'all', members: [] }));
  await accepted(k.send({ type: 'join-room', roomId }));
  const heard = new AbortController();
  const stream = request(`${deployed.url}/v1/events`, { ca, headers: { authorization: `Bearer ${kim.token}` }, signal: heard.signal }).on('error', () => {}).end();
  let lines = '';
  stream.once('response', (answer) => answer.setEncoding('utf8').on('error', () => {}).on('data', (chunk: string) => { lines += chunk; }));
  await until('the event stream to be open', () => lines.includes('welcome'));
  const said = await accepted(a.send({ type: 'post-message', roomId, text: '점심 먹으러 갈까요?' }));
  await k.until(() => k.eventsOf(roomId).some(({ n }) => n === said.n), 10_000, 'what Ann said');
  await until('an event to pass the proxy while the stream stays open', () => lines.includes('점심 먹으러 갈까요?'));
  heard.abort();
  await accepted(k.send({ type: 'mark-read', roomId, n: said.n }));
  const dm = await deployed.call('POST', '/v1/direct-rooms', { token: kim.token, body: { with: ann.userId } });
  expect(dm.status).toBe(200);
  expect((await deployed.call('PUT', '/v1/me/name', { token: kim.token, body: { name: '김철수' } })).status).toBe(200);
  await until('the message is found', async () => (await deployed.call('GET', `/v1/search?q=${encodeURIComponent('점심')}`, { token: kim.token })).body.data.hits.length === 1);
  const page = await deployed.call('GET', `/v1/rooms/${roomId}/messages?after=${said.cursor}`, { token: kim.token });
  expect(page.body.data.messages.map(({ text }: { text: string }) => text)).toEqual(['점심 먹으러 갈까요?']);
  expect(deployed.violations()).toEqual([]);
  expect(await deployed.connections()).toEqual({ roles: ['parley_command_service', 'parley_gateway', 'parley_owner', 'parley_projectors', 'parley_query_service'], plain: [] });
}, 120_000);

test('while no question can be answered, the proxy takes no gateway for dead: commands go on', async () => {
  const ann = await signIn('Ann');
  const roomId = uuidv7();
  expect((await deployed.call('POST', '/v1/rooms', { token: ann.token, body: { roomId, kind: 'public', name: 'unasked' } })).status).toBe(200);
  await Promise.all(['query-1', 'query-2'].map((name) => deployed.service(name).kill('SIGKILL')));
  for (let count = 0; count < 8; count += 1) {
    expect(await deployed.call('GET', `/v1/rooms/${roomId}/messages`, { token: ann.token })).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect((await deployed.call('POST', `/v1/rooms/${roomId}/messages`, { token: ann.token, body: { text: `${count}` } })).status).toBe(200);
  }
  await Promise.all(['query-1', 'query-2'].map((name) => deployed.service(name).restart()));
  // Gateways and proxy leave alone for a moment what did not answer; whoever is sent to either is served again.
  for (let inRow = 0; inRow < 4;) {
    const isServed = await open(ann.token).then(async (socket) => {
      socket.close();
      return (await deployed.call('GET', `/v1/rooms/${roomId}/messages`, { token: ann.token })).status === 200;
    }, () => false);
    inRow = isServed ? inRow + 1 : 0;
    if (!isServed) await pause(100);
  }
}, 120_000);

test('gateways, command-services and all three NATS servers are restarted while people talk: nothing is lost, doubled or out of order', async () => {
  const [ann, kim] = [await signIn('Ann'), await signIn('김철수')];
  const roomId = uuidv7();
  const make = await deployed.call('POST', '/v1/rooms', { token: ann.token, body: { roomId, kind: 'private', name: 'care', members: [kim.userId] } });
  expect(make.status).toBe(200);
  let listener = await open(kim.token);
  const heard: number[] = [];
  const cursorAfter = (): string | undefined => {
    heard.push(...listener.eventsOf(roomId, 'message.posted').map(({ n }) => n));
    return listener.cursor;
  };
  let isDone = false;
  const acknowledged: number[] = [];
  const talking = (async () => {
    for (let count = 1; !isDone; count += 1) {
      // The same id until there is an answer: once, whatever happens on the way.
      const id = uuidv7();
      await until(`message ${count} to be taken`, async () => {
        const { status, body } = await deployed.call('POST', `/v1/rooms/${roomId}/messages`, { token: ann.token, body: { id, text: `message ${count}` } });
        if (status === 200) acknowledged.push(body.n);
        else if (status < 500) throw new Error(`${status} ${JSON.stringify(body)}`);
        return status === 200;
      }, { timeoutMs: 60_000 });
      // Below what one person may say.
      await pause(20);
    }
  })();
  const resumed = async (): Promise<void> => {
    const cursor = cursorAfter();
    await until('to be back', async () => {
      listener = await open(kim.token, cursor);
      return true;
    }, { timeoutMs: 30_000 });
    expect(listener.welcome?.resume).toBe('resumed');
  };
  const spokenSince = async (count: number): Promise<void> => {
    const before = acknowledged.length;
    await until('people to talk on', () => acknowledged.length >= before + count, { timeoutMs: 60_000 });
  };
  try {
    await spokenSince(20);
    for (const name of ['live-1', 'live-2']) {
      await deployed.service(name).kill('SIGKILL');
      await spokenSince(5);
      await deployed.service(name).restart();
      if (listener.closed !== undefined) await resumed();
    }
    // A release: half of everything, then the other half.
    for (const half of [1, 2]) {
      await Promise.all(['api', 'command', 'projectors', 'query'].map((kind) => deployed.service(`${kind}-${half}`).restart()));
      await spokenSince(10);
    }
    for (const server of deployed.nats) {
      await server.restart();
      await deployed.natsIsWhole();
      await spokenSince(5);
      if (listener.closed !== undefined) await resumed();
    }
  } finally {
    isDone = true;
    await talking;
  }
  const last = Math.max(...acknowledged);
  await until('the last word', async () => {
    if (listener.closed !== undefined) await resumed();
    return heard.includes(last) || listener.eventsOf(roomId).some(({ n }) => n === last);
  });
  cursorAfter();
  expect(acknowledged.length).toBeGreaterThan(60);
  expect(heard).toEqual(acknowledged);
  expect(deployed.violations()).toEqual([]);
}, 400_000);

test('the operator proves, rebuilds, signs and erases with the roles that the files give', async () => {
  const kim = await signIn('김철수');
  for (const [args, said] of [
    [['verify', '--rows'], /whole/], [['rebuild', 'conversations', 'people', 'markers', 'search', '--verify'], /swapped in/], [['analysts', 'create', 'ada'], /sslmode=verify-full/],
    [['head', 'sign', '--to', join(deployed.dir, 'heads')], /heads signed/], [['erase', 'person', kim.userId, '--reason', 'asked', '--yes', '--ledger', join(deployed.dir, 'erasures')], /destroyed/], [['doctor'], /all is well/],
  ] as const) {
    const { code, stdout, stderr } = await deployed.parley(...args);
    expect({ args: args.slice(0, 2), code, said: said.test(stdout + stderr), ...(code !== 0 && { stdout, stderr }) }).toEqual({ args: args.slice(0, 2), code: 0, said: true });
  }
}, 240_000);

test('no service may do what is not its own', async () => {
  const as = async <T>(user: NatsUser, work: (nc: Awaited<ReturnType<typeof connectNats>>) => Promise<T>): Promise<string> => {
    const nc = await connectNats({ url: deployed.natsUrl(user), caFile: deployed.certificates.ca, name: 'intruder' });
    try {
      await work(nc);
      return 'done';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      await nc.close();
    }
  };
  const refused = expect.stringContaining('Permissions Violation');
  for (const user of ['gateway', 'projectors'] as const) expect(await as(user, (nc) => jetstream(nc).publish('evt.0.room.x', 'not an event'))).toEqual(refused);
  for (const user of ['gateway', 'projectors', 'command-service'] as const) {
    expect(await as(user, async (nc) => (await jetstreamManager(nc)).streams.delete('EVT_0'))).toEqual(refused);
    expect(await as(user, async (nc) => (await jetstreamManager(nc)).streams.purge('EVT_0'))).toEqual(refused);
    expect(await as(user, async (nc) => (await jetstreamManager(nc)).streams.deleteMessage('EVT_0', 1))).toEqual(refused);
    expect(await as(user, async (nc) => (await jetstreamManager(nc)).streams.update('EVT_0', { max_age: 1_000_000_000 }))).toEqual(refused);
  }
  const vault = openVault({ url: deployed.databaseUrl('parley_vault', 'parley_gateway'), kek: Buffer.alloc(32), role: 'intruder', max: 1 });
  await expect(vault.destroy('room:x', 'mine')).rejects.toThrow('permission denied');
  await expect(vault.getOrCreate(['room:x:202611'])).rejects.toThrow('permission denied');
  await vault[Symbol.asyncDispose]();
}, 120_000);
