import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPostgres, type Sql } from '@parley/kernel/stores/postgres';
import { startServers, type Servers } from '@parley/tests/harness/servers';
import { isEmptyAnswer, QueryUse } from './query-use.ts';

let servers: Servers;
let sql: Sql;
beforeAll(async () => {
  servers = await startServers({ redis: false, sync: 'default' });
  sql = openPostgres(servers.postgres.databaseUrl, { max: 2, name: 'spec' });
}, 60_000);
afterAll(async () => {
  await sql?.end();
  await servers?.stop();
});

const rows = () => sql`select hour, question, asked, empty, p50_ms from analytics.query_hours order by hour, question`;

test('what was asked is counted by the hour and survives a database that is away', async () => {
  let now = Date.parse('2026-03-02T09:59:59Z');
  const use = new QueryUse(sql, () => now);
  use.count('search', 'ok', 3, false);
  use.count('search', 'ok', 4, true);
  await use.save();
  await sql`alter table ops.query_use rename to query_use_away`;
  use.count('search', 'ok', 5, false);
  await use.save();
  now += 2_000;
  use.count('history', 'ok', 0.2, false);
  use.count('search', 'unavailable', 20_000, false);
  await sql`alter table ops.query_use_away rename to query_use`;
  await use[Symbol.asyncDispose]();
  expect(await rows()).toEqual([
    { hour: new Date('2026-03-02T09:00:00Z'), question: 'search', asked: 3, empty: 1, p50_ms: 3.75 },
    { hour: new Date('2026-03-02T10:00:00Z'), question: 'history', asked: 1, empty: 0, p50_ms: 0.125 },
    { hour: new Date('2026-03-02T10:00:00Z'), question: 'search', asked: 1, empty: 0, p50_ms: 10_000 },
  ]);
  expect(await sql`select searches, without_hits, failed from analytics.search_hours order by hour`).toEqual([
    { searches: 3, without_hits: 1, failed: 0 }, { searches: 1, without_hits: 0, failed: 1 },
  ]);
});

test('an answer is empty when all its lists are', () => {
  expect([{ hits: [] }, { rooms: [], next: null }, { hits: [1] }, { messages: [1], notes: [] }, { name: 'x' }, null].map(isEmptyAnswer)).toEqual([true, true, false, false, false, false]);
});
