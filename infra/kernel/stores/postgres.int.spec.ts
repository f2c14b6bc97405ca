import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type ListenOptions } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@parley/dev/servers/postgres';
import { expect, test } from 'vitest';
import { migrate } from './migrate.ts';
import { openPostgres } from './postgres.ts';

/** Goal: a value means the same in every database, and a transaction does. Method: one whose owner reads dates as people do where it stands, and was brought along from an old server. */
test('what a database has as its own ways changes no value and no transaction', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-session-'));
  const server = await startPostgres({ dir: join(dir, 'postgres'), fsync: false });
  try {
    const owner = openPostgres(server.databaseUrl, { max: 1, name: 'spec' });
    for (const own of [`timezone = 'Asia/Kolkata'`, `datestyle = 'German, DMY'`, `bytea_output = 'escape'`, `intervalstyle = 'sql_standard'`, `extra_float_digits = 0`, `default_transaction_isolation = 'repeatable read'`]) await owner.unsafe(`alter database parley set ${own}`);
    await owner.end();
    const sql = openPostgres(server.databaseUrl, { max: 1, name: 'spec' });
    const at = new Date('2026-03-31T20:00:00.000Z');
    const [row] = await sql`
      select ${at}::timestamptz as at, ${at}::timestamptz::date::text as day, ${'2026-03-04'}::date::text as date, date_trunc('month', ${at}::timestamptz) as month,
        to_json(${at}::timestamptz) as json`;
    expect(row).toEqual({ at, day: '2026-03-31', date: '2026-03-04', month: new Date('2026-03-01T00:00:00.000Z'), json: '2026-03-31T20:00:00+00:00' });
    const secret = Buffer.from([0, 1, 92, 127, 128, 255]);
    const [others] = await sql`select ${secret}::bytea as secret, '1 day 02:00'::interval::text as pause, 0.1::float8 + 0.2::float8 as sum`;
    expect(others).toEqual({ secret, pause: '1 day 02:00:00', sum: 0.1 + 0.2 });
    const [transaction] = await sql`select current_setting('transaction_isolation') as isolation`;
    expect(transaction).toEqual({ isolation: 'read committed' });
    await sql.end();
  } finally {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  }
}, 60_000);

/** Goal: whatever libpq's addresses lead to is reached. Method: doors of both kinds before one server. */
test('a server is reached by IPv6 and by its socket', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-doors-'));
  const server = await startPostgres({ dir: join(dir, 'postgres'), fsync: false });
  const door = async (where: ListenOptions) => {
    const listening = createServer((client) => {
      const behind = connect(server.port, '127.0.0.1');
      for (const end of [client, behind]) end.on('error', () => {});
      client.pipe(behind).pipe(client);
    }).listen(where);
    await once(listening, 'listening');
    return listening;
  };
  const hasIPv6 = Object.values(networkInterfaces()).flat().some((found) => found?.address === '::1');
  const doors = await Promise.all([door({ path: join(dir, '.s.PGSQL.5432') }), ...(hasIPv6 ? [door({ host: '::1', port: server.port })] : [])]);
  try {
    const { username, password } = new URL(server.databaseUrl);
    const login = `postgres://${username}:${password}`;
    const addresses = [`${login}@/parley?host=${dir}`, `${login}@${encodeURIComponent(dir)}/parley`, ...(hasIPv6 ? [`${login}@[::1]:${server.port}/parley`, `${login}@[::1]:1,[::1]:${server.port}/parley`] : [])];
    for (const address of addresses) {
      const sql = openPostgres(address, { max: 1, name: 'spec' });
      expect(await sql`select current_database() as database`).toEqual([{ database: 'parley' }]);
      await sql.end();
    }
    expect(await migrate(addresses.at(-1)!, new URL('../vault/migrations/', import.meta.url))).not.toEqual([]);
  } finally {
    for (const listening of doors) listening.close();
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  }
}, 60_000);
