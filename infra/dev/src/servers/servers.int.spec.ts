import { mkdtemp, rm } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { until } from '../until.ts';
import { isAlive } from '../processes.ts';
import { startNats, startNatsCluster } from './nats.ts';
import { startOpenSearch } from './opensearch.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-servers-'));
});

afterEach(() => { vi.unstubAllEnvs(); });
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('NATS', () => {
  test('keeps what it acknowledged when it is killed, on the same port', async () => {
    await using nats = await startNats({ dir: join(dir, 'nats') });
    const nc = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    const jsm = await jetstreamManager(nc);
    await jsm.streams.add({ name: 'PROBE', subjects: ['probe'] });
    await jetstream(nc).publish('probe', 'kept');
    const before = nats.pid;

    await nats.kill('SIGKILL');
    expect(isAlive(before)).toBe(false);
    await nats.restart();

    await until('the client to be back', async () => (await jsm.streams.info('PROBE')).state.messages === 1);
    const varz = (await (await fetch(`${nats.monitorUrl}/varz`)).json()) as { jetstream: { config: { sync_always: boolean } } };
    expect(varz.jetstream.config.sync_always).toBe(true);
    await nc.close();
  });

  test('forms a cluster of three that survives the loss of its leader', async () => {
    await using cluster = await startNatsCluster({ dir: join(dir, 'cluster') });
    const nc = await connect({ servers: [...cluster.urls], maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    const jsm = await jetstreamManager(nc);
    await jsm.streams.add({ name: 'PROBE', subjects: ['probe'], num_replicas: 3 });
    // The server that we are at may not have heard yet who takes this subject; the id keeps it one message.
    await until('a message to be taken', () => jetstream(nc).publish('probe', 'kept', { msgID: 'once' }).then(() => true, () => false), { timeoutMs: 30_000 });

    const leader = await cluster.metaLeader();
    await leader?.kill('SIGKILL');

    await until('another leader', async () => {
      const now = await cluster.metaLeader();
      return now !== undefined && now.name !== leader?.name;
    });
    await until('the stream to answer', async () => (await jsm.streams.info('PROBE')).state.messages === 1, { timeoutMs: 60_000 });
    await nc.close();
  });
});

describe('PostgreSQL', () => {
  test('has both databases, sorts trigrams of Korean wherever it was made, and survives kill -9', async () => {
    // As in a cron job, a container, a bare shell.
    for (const name of ['LANG', 'LC_ALL', 'LC_CTYPE']) vi.stubEnv(name, undefined);
    await using server = await startPostgres({ dir: join(dir, 'postgres') });
    const sql = postgres(server.databaseUrl, { max: 1, onnotice: () => {} });
    await sql`create extension pg_trgm`;
    const [row] = await sql`select array_length(show_trgm('채팅 메시지를 검색'), 1) as trigrams`;
    expect(row?.['trigrams']).toBe(11);
    await sql`create table kept (n int)`;
    await sql`insert into kept values (1)`;
    await sql.end();

    await server.kill('SIGKILL');
    await server.restart();

    const again = postgres(server.databaseUrl, { max: 1 });
    expect(await again`select n from kept`).toEqual([{ n: 1 }]);
    await again.end();
    const vault = postgres(server.vaultUrl, { max: 1 });
    expect((await vault`select current_database() as name`)[0]?.['name']).toBe('parley_vault');
    await vault.end();
  });
  test('begins as a copy of another, with its tables and its password, and leaves that one alone', async () => {
    const first = await startPostgres({ dir: join(dir, 'original'), fsync: false });
    const original = postgres(first.databaseUrl, { max: 1 });
    await original`create table said (what text)`;
    await original`insert into said values ('once')`;
    await original.end();
    await first.stop();

    await using copy = await startPostgres({ dir: join(dir, 'copy'), fsync: false, copyOf: first.dir });
    const copied = postgres(copy.databaseUrl, { max: 1 });
    await copied`insert into said values ('twice')`;
    expect(await copied`select what from said`).toHaveLength(2);
    await copied.end();
    await first.restart();
    const again = postgres(first.databaseUrl, { max: 1 });
    expect(await again`select what from said`).toHaveLength(1);
    await again.end();
    await first.stop();
  });
});

test('servers of another user start though the umask is closed to others, in a folder whatever its name', async () => {
  const before = process.umask(0o077);
  try {
    await using _postgres = await startPostgres({ dir: join(dir, 'a closed', 'postgres'), fsync: false });
    await using search = await startOpenSearch({ dir: join(dir, 'a closed', '검색 엔진') });
    expect((await fetch(search.url)).status).toBe(200);
    await search.restart();
    expect((await fetch(search.url)).status).toBe(200);
  } finally {
    process.umask(before);
  }
}, 240_000);

describe('Redis', () => {
  test('answers, ends and starts again', async () => {
    await using redis = await startRedis({ dir: join(dir, 'redis') });
    await redis.kill('SIGKILL');
    expect(redis.isRunning()).toBe(false);
    await redis.restart();
    expect(redis.isRunning()).toBe(true);
  });
});

test('a server is gone soon after its parent was killed', async () => {
  const source = `
    const { startNats } = await import(${JSON.stringify(new URL('nats.ts', import.meta.url).href)});
    const nats = await startNats({ dir: ${JSON.stringify(join(dir, 'orphan'))} });
    process.send(nats.pid);
    setInterval(() => {}, 1000);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const pid = await new Promise<number>((resolve) => {
    parent.once('message', (message) => {
      resolve(message as number);
    });
  });
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await until('the orphan to be ended', () => !isAlive(pid), { timeoutMs: 10_000 });
});
