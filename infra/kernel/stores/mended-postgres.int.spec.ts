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
/** What happens to a connection that asks which types are arrays, as each new one does once. */
let atTypes: ((client: Socket) => void) | undefined;
let sql: Sql;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-driver-'));
  server = await startPostgres({ dir, fsync: false });
  line = createServer((client) => {
    const target = connect(server.port, '127.0.0.1');
    client.on('data', (bytes) => { if (bytes.includes('typarray')) atTypes?.(client); });
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

test.each(['index.js', 'connection.js'] as const)('the driver has the faults that are mended in its %s, each in one place', (file) => {
  const source = readFileSync(createRequire(import.meta.url).resolve('postgres').replace(/index\.js$/, file), 'utf8');
  expect(mend(file, source)).not.toBe(source);
  expect(() => mend(file, mend(file, source))).toThrow(TypeError);
});

const answers = (): Promise<void> =>
  until('the pool to answer', async () => (await Promise.all([sql`select 1 as one`, sql`select 1 as one`])).every(([row]) => row?.['one'] === 1), { timeoutMs: 10_000 });

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
    await answers();
  }
}, 60_000);

test('a transaction whose connection was lost asks nothing over the one that is made in its place', async () => {
  await answers();
  const late = Promise.withResolvers<PromiseSettledResult<unknown>[]>();
  const lost = sql.begin(async (tx) => {
    await tx`select 1`;
    for (const socket of sockets) socket.destroy();
    await answers();
    late.resolve(await Promise.allSettled([tx`select 1`]));
  });
  await expect(lost).rejects.toThrow(/CONNECTION_CLOSED/);
  expect(await late.promise).toMatchObject([{ status: 'rejected', reason: { code: 'CONNECTION_CLOSED' } }]);
  await answers();
}, 30_000);

test.each(['resetAndDestroy', 'destroy'] as const)('a connection that is lost while it asks which types are arrays is made again (%s)', async (lose) => {
  for (const socket of sockets) socket.destroy();
  await until('every connection to be gone', () => sockets.size === 0);
  let times = 3;
  atTypes = (client) => { if ((times -= 1) >= 0) client[lose](); };
  // An exception that nobody can catch would fail this file.
  await answers();
  expect(times).toBeLessThanOrEqual(0);
  expect(await Promise.all([1, 2].map(() => sql`select array[1, 2]::int[] as many`))).toEqual([[{ many: [1, 2] }], [{ many: [1, 2] }]]);
}, 60_000);
