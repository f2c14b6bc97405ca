import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@parley/dev/servers/postgres';
import { expect, test } from 'vitest';
import { openPostgres } from './postgres.ts';

/** Goal: a time means the same in every database. Method: one whose owner reads dates as people do where it stands. */
test('what a database has as its own ways of writing changes no time', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-session-'));
  const server = await startPostgres({ dir: join(dir, 'postgres'), fsync: false });
  try {
    const owner = openPostgres(server.databaseUrl, { max: 1, name: 'spec' });
    for (const own of [`timezone = 'Asia/Kolkata'`, `datestyle = 'German, DMY'`]) await owner.unsafe(`alter database parley set ${own}`);
    await owner.end();
    const sql = openPostgres(server.databaseUrl, { max: 1, name: 'spec' });
    const at = new Date('2026-03-31T20:00:00.000Z');
    const [row] = await sql`
      select ${at}::timestamptz as at, ${at}::timestamptz::date::text as day, ${'2026-03-04'}::date::text as date, date_trunc('month', ${at}::timestamptz) as month,
        to_json(${at}::timestamptz) as json`;
    expect(row).toEqual({ at, day: '2026-03-31', date: '2026-03-04', month: new Date('2026-03-01T00:00:00.000Z'), json: '2026-03-31T20:00:00+00:00' });
    await sql.end();
  } finally {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  }
}, 60_000);
