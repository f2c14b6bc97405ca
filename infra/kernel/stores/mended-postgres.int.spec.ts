import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Postgres, startPostgres } from '@parley/dev/servers/postgres';
import { until } from '@parley/dev/until';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mend } from './mended-postgres.ts';
import { openPostgres, type Sql } from './postgres.ts';

let dir: string;
let server: Postgres;
let line: Server;
const sockets = new Set<Socket>();
let sql: Sql;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-driver-'));
  server = await startPostgres({ dir, fsync: false });
  line = createServer((client) => {
    const target = connect(server.port, '127.0.0.1');
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => { client.destroy(); target.destroy(); sockets.delete(socket); });
    }
    client.pipe(target).pipe(client);
  });
  await new Promise<void>((resolve) => { line.listen(0, '127.0.0.1', resolve); });
  const url = new URL(server.databaseUrl);
  url.port = String((line.address() as AddressInfo).port);
  sql = openPostgres(url.href, { max: 2, name: 'driver' });
}, 120_000);
afterAll(async () => {
  await sql.end({ timeout: 1 });
  line.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

test('the driver has the faults that are mended, each in one place', () => {
  const source = readFileSync(createRequire(import.meta.url).resolve('postgres').replace(/index\.js$/, 'connection.js'), 'utf8');
  expect(mend(source)).not.toBe(source);
  expect(() => mend(mend(source))).toThrow(TypeError);
});

test('a connection that is lost in a transaction, again and again, ends neither the process nor the pool', async () => {
  // An exception that nobody can catch would fail this file.
  for (let round = 0; round < 8; round += 1) {
    const lost = sql.begin(async (tx) => {
      await tx`select 1`;
      for (const socket of sockets) socket.destroy();
      // Statements of a transaction go to its connection, also when that is closing, or closed.
      await Promise.allSettled([tx`select 2`, tx`select 3`]);
      await tx`select 4`;
    });
    await expect(lost).rejects.toThrow();
    await until('the pool to answer', async () => (await Promise.all([sql`select 1 as one`, sql`select 1 as one`])).every(([row]) => row?.['one'] === 1), { timeoutMs: 10_000 });
  }
}, 60_000);
