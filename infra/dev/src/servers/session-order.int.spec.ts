import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { backgroundNice } from '@parley/kernel/lifecycle/stand-back';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../until.ts';
import { startPostgres, type Postgres } from './postgres.ts';

let dir: string;
let server: Postgres;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-order-'));
  server = await startPostgres({ dir, fsync: false });
  const sql = postgres(server.databaseUrl, { max: 1, onnotice: () => {} });
  await sql.unsafe(`create role parley_analyst nologin; create role ada login password 'secret-of-ada' in role parley_analyst`);
  await sql.end();
});

afterAll(async () => {
  await server?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** A session, and its process on this machine. */
async function session(application: string, user?: { readonly username: string; readonly password: string }): Promise<AsyncDisposable & { readonly pid: number }> {
  const url = Object.assign(new URL(server.databaseUrl), user);
  const sql = postgres(url.href, { max: 1, onnotice: () => {}, fetch_types: false, connection: { application_name: application } });
  const [{ pid }] = await sql<[{ pid: number }]>`select pg_backend_pid() as pid`;
  return { pid, [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }) };
}

const ada = { username: 'ada', password: 'secret-of-ada' };

describe('sessions of a server on this machine', () => {
  test('stand back by who waits for them', async () => {
    await using chat = await session('parley-query-1');
    await using rows = await session('parley-projectors-1');
    await using index = await session('parley-search-indexer-1');
    await using analyst = await session('psql', ada);
    await until('all to be in their places', () => [rows, index].every(({ pid }) => getPriority(pid) === backgroundNice) && getPriority(analyst.pid) === 19);
    expect(getPriority(chat.pid)).toBe(getPriority(server.pid));
  });

  test('an analyst who calls itself a projector is an analyst', async () => {
    await using analyst = await session('parley-projectors-1', ada);
    await until('the session to be in its place', () => getPriority(analyst.pid) === 19);
  });

  test('an analyst has the CPU only while nobody else wants it, where root may say so', async () => {
    const isAllowed = existsSync('/sys/fs/cgroup/cpu/cpu.shares') && process.getuid?.() === 0;
    await using analyst = await session('psql', ada);
    await until('the session to be in its place', () => getPriority(analyst.pid) === 19);
    if (!isAllowed) return;
    await until('the session to be in its group', () => readFileSync(`/proc/${analyst.pid}/cgroup`, 'utf8').includes(':/parley-analysts\n'));
    expect(readFileSync('/sys/fs/cgroup/cpu/parley-analysts/cpu.idle', 'utf8').trim()).toBe('1');
  });

  test('of a server that was killed and started again, too', async () => {
    await server.kill('SIGKILL');
    await server.restart();
    await using rows = await session('parley-projectors-1');
    await until('the session to be in its place', () => getPriority(rows.pid) === backgroundNice);
    await server.stop();
    await server.restart();
    await using again = await session('parley-projectors-2');
    await until('the session to be in its place', () => getPriority(again.pid) === backgroundNice);
  });
});
