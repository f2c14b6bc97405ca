import type { SearchDocument } from '@parley/kernel/search/document';
import { documentId } from '@parley/kernel/search/opensearch';
import { migrate } from '@parley/kernel/stores/migrate';
import { openPostgres, type Sql } from '@parley/kernel/stores/postgres';
import { migrationFolders } from '@parley/dev/servers-up';
import { until } from '@parley/dev/until';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProjectors } from '../start.ts';
import { person } from '../testing/stories.spec.ts';
import { uuidv7, World } from '../testing/world.spec.ts';
import { compareSearch, linesInPostgres } from './compare-search.ts';
import { openRows } from './rows.ts';

/** Sorted by language: a-room, a_room, B-room, C, large; by bytes the capitals come first. */
const rooms = ['a_room', 'C', 'large', 'a-room', 'B-room'] as const;
const largeMessages = 6_000;
const perCommit = 100;
const author = person(1);

let world: World;
let sql: Sql;
let projectors: Awaited<ReturnType<typeof startProjectors>>;

/** A database that sorts as people of a language do, which is what many are made with. */
beforeAll(async () => {
  world = await World.start();
  await world.sql`create database by_language template template0 locale_provider icu icu_locale 'en-US'`;
  const url = new URL(world.servers.postgres.databaseUrl);
  url.pathname = '/by_language';
  world.env['DATABASE_URL'] = url.href;
  sql = openPostgres(url.href, { max: 1, name: 'spec-by-language' });
  await migrate(url.href, migrationFolders.read, {});
  projectors = await startProjectors(world.config());
  const posts = (from: number, count: number) => Array.from({ length: count }, (_, index) => ({ type: 'message.posted', by: author, data: { messageId: uuidv7(), author, ordinal: from + index, hasLink: false, mentions: [] }, content: { text: `word ${from + index}` } }));
  for (const id of rooms) {
    await world.append({ kind: 'room', id }, [{ type: 'room.created', by: author, data: { kind: 'public', history: 'all', createdBy: author }, content: { name: id } }, { type: 'room.member-joined', by: author, data: { userId: author, role: 'owner' } }]);
    const count = id === 'large' ? largeMessages : 3;
    for (let from = 1; from <= count; from += perCommit) await world.append({ kind: 'room', id }, posts(from, Math.min(perCommit, count - from + 1)));
  }
  const messages = largeMessages + 3 * (rooms.length - 1);
  await until('rows and index', async () => {
    const [row] = await sql<{ rows: number; indexed: number }[]>`select (select count(*) from rm.message)::int as rows, (select count(*) from search.document)::int as indexed`;
    return row!.rows === messages && row!.indexed === messages;
  }, { timeoutMs: 60_000 });
}, 180_000);
afterAll(async () => {
  await projectors?.[Symbol.asyncDispose]();
  await sql?.end();
  await world?.[Symbol.asyncDispose]();
});

async function allOf(db: Sql): Promise<SearchDocument[]> {
  const documents: SearchDocument[] = [];
  for await (const page of openRows(db).all()) documents.push(...page);
  return documents;
}

test('rows and an index that sorts by bytes are the same, in a database that sorts by language', async () => {
  const documents = await allOf(sql);
  const byBytes = documents.toSorted((a, b) => (a.room === b.room ? a.n - b.n : a.room < b.room ? -1 : 1));
  const found = await compareSearch(sql, async function* index() {
    for (const document of byBytes) yield { room: document.room, n: document.n, id: documentId(document), version: document.version };
  }());
  expect(found).toMatchObject({ rows: byBytes.length, indexed: byBytes.length, differences: [] });
  expect(found.rowsHash).toBe(found.indexHash);
});

test('what one side lacks is named, and nothing else', async () => {
  await sql`delete from search.document where room_id = 'B-room'`;
  await sql`delete from search.document where room_id = 'large' and n = 3000`;
  const { differences, rows, indexed } = await compareSearch(sql, linesInPostgres(sql));
  expect(differences.map((line) => line.replace(/[0-9a-f-]{36}.*/, '…'))).toEqual(['B-room:…', 'B-room:…', 'B-room:…', 'large:…']);
  expect(rows - indexed).toBe(4);
});

test('a large room is read once, however many pages it has', async () => {
  // A session of its own: one that has asked often enough may have settled for a plan that serves any room.
  const fresh = openPostgres(world.env['DATABASE_URL']!, { max: 1, name: 'spec-large-room' });
  try {
    await fresh`vacuum (analyze) ${fresh('conversations_1')}.message`.simple();
    const read = async (): Promise<number> => {
      await fresh`select pg_stat_force_next_flush()`;
      await fresh`select 1`;
      const [row] = await fresh<{ read: number }[]>`select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read)::int as read from pg_stat_user_tables where relname like ${String.raw`message\_2%`}`;
      return row!.read;
    };
    const before = await read();
    const documents = await allOf(fresh);
    expect(documents.length).toBeGreaterThan(largeMessages);
    expect(((await read()) - before) / documents.length).toBeLessThan(1.5);
  } finally {
    await fresh.end();
  }
});
