import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Postgres, startPostgres } from '@parley/dev/servers/postgres';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { migrate, MigrationError } from './migrate.ts';
import { openPostgres } from './postgres.ts';

let dir: string;
let server: Postgres;
let admin: postgres.Sql;
let url: string;
let folder: string;
let count = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-pf-migrate-'));
  server = await startPostgres({ dir: join(dir, 'postgres'), fsync: false });
  admin = postgres(server.databaseUrl, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await admin.end();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  count += 1;
  await admin.unsafe(`create database spec_${count}`);
  url = server.urlOf(`spec_${count}`);
  folder = join(dir, `migrations-${count}`);
  await mkdir(folder);
});

const write = (file: string, text: string): Promise<void> => writeFile(join(folder, file), text);
async function query<T>(text: string): Promise<T[]> {
  const sql = postgres(url, { max: 1 });
  try {
    return [...((await sql.unsafe(text)) as unknown as T[])];
  } finally {
    await sql.end();
  }
}

describe('migrations', () => {
  test('are applied once, in order, and later ones after them', async () => {
    await write('0001_first.sql', 'create table kept (n int); insert into kept values (1);');
    await write('0002_second.sql', 'insert into kept select n + 1 from kept;');
    const told: string[] = [];
    expect(await migrate(url, folder, { progress: (file) => told.push(file) })).toEqual(['0001_first.sql', '0002_second.sql']);
    expect(told).toEqual(['0001_first.sql', '0002_second.sql']);
    await write('0003_third.sql', 'insert into kept values (3);');
    expect(await migrate(url, folder)).toEqual(['0003_third.sql']);
    expect(await migrate(url, folder)).toEqual([]);
    expect(await query('select n from kept order by n')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  test('many processes at once apply them once', async () => {
    await write('0001_first.sql', 'create table kept (n int); select pg_sleep(0.3); insert into kept values (1);');
    const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(url, folder)));
    expect(applied.flat()).toEqual(['0001_first.sql']);
    expect(await query('select n from kept')).toEqual([{ n: 1 }]);
  });

  test('a file that fails leaves nothing of itself, and says which it was', async () => {
    await write('0001_first.sql', 'create table kept (n int);');
    await write('0002_broken.sql', 'create table lost (n int); select 1 / 0;');
    await expect(migrate(url, folder)).rejects.toThrow(/0002_broken.sql could not be applied: division by zero/);
    expect(await query(`select table_name from information_schema.tables where table_name in ('kept', 'lost')`)).toEqual([{ table_name: 'kept' }]);
    await write('0002_broken.sql', 'create table lost (n int);');
    expect(await migrate(url, folder)).toEqual(['0002_broken.sql']);
  });

  test('a file that was changed after it was applied is refused', async () => {
    await write('0001_first.sql', 'create table kept (n int);');
    await migrate(url, folder);
    await write('0001_first.sql', 'create table kept (n bigint);');
    await expect(migrate(url, folder)).rejects.toThrow(/0001_first.sql was changed after it was applied/);
  });

  test.each([['0002_second.sql'], ['first.sql'], ['0001_First.sql']])('a name out of order is refused: %s', async (file) => {
    await write(file, 'select 1;');
    await expect(migrate(url, folder)).rejects.toThrow(MigrationError);
  });

  test('one number twice is refused', async () => {
    await write('0001_a.sql', 'select 1;');
    await write('0001_b.sql', 'select 1;');
    await expect(migrate(url, folder)).rejects.toThrow(/0001_b.sql/);
  });

  test('what cannot run in a transaction runs statement by statement, while others wait for the lock', async () => {
    await write('0001_first.sql', 'create table kept (n int);');
    await write('0002_index.sql', '-- migrate:no-transaction\ncreate index concurrently if not exists kept_n on kept (n);\n-- migrate:next\ncreate index concurrently if not exists kept_n2 on kept (n, n);\n');
    expect((await Promise.all(Array.from({ length: 5 }, () => migrate(url, folder)))).flat()).toHaveLength(2);
    expect(await query(`select indexname from pg_indexes where tablename = 'kept' order by 1`)).toEqual([{ indexname: 'kept_n' }, { indexname: 'kept_n2' }]);
  });

  test('a lock that is never free ends the wait', async () => {
    await write('0001_first.sql', 'select 1;');
    const holder = postgres(url, { max: 1 });
    await holder`select pg_advisory_lock(7265891)`;
    await expect(migrate(url, folder, { lockWaitMs: 300 })).rejects.toThrow(/has been migrating this database for 300 ms/);
    await holder.end();
  });
});

describe('a pool', () => {
  test('reads eight-byte integers as numbers while they are exact', async () => {
    const sql = openPostgres(url, { max: 1, name: 'spec' });
    const [row] = await sql<{ small: number; large: bigint; many: number[] }[]>`select 9007199254740991::bigint as small, 9007199254740993::bigint as large, array[1, 2]::bigint[] as many`;
    expect(row).toEqual({ small: 9007199254740991, large: 9007199254740993n, many: [1, 2] });
    expect(await sql`select ${5}::bigint as five, ${7n}::bigint as seven`).toEqual([{ five: 5, seven: 7 }]);
    await sql.end();
  });

  test('has a name, and a bound for every statement', async () => {
    const sql = openPostgres(url, { max: 1, name: 'spec', statementTimeoutMs: 200 });
    expect(await sql`select current_setting('application_name') as name`).toEqual([{ name: 'spec' }]);
    await expect(sql`select pg_sleep(5)`).rejects.toThrow(/statement timeout/);
    await sql.end();
  });

  test('works again after the server was killed', async () => {
    const sql = openPostgres(url, { max: 2, name: 'spec' });
    await sql`select 1`;
    await server.kill('SIGKILL');
    await expect(sql`select 1`).rejects.toThrow();
    await server.restart();
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
    await sql.end({ timeout: 5 });
  });
});
