import { until } from '@parley/dev/until';
import { openOpenSearch } from '@parley/kernel/search/opensearch';
import { Ownership } from '@parley/projectors/runner/ownership';
import { projectorsConfig } from '@parley/projectors/config';
import { compareSearch, linesInOpenSearch, linesInPostgres } from '@parley/projectors/search/compare-search';
import { rebuildOpenSearch, rebuildPostgres, type RebuildDeps } from '@parley/projectors/search/rebuild-search';
import { startProjectors } from '@parley/projectors/start';
import { person } from '@parley/projectors/testing/stories.spec';
import { type Said, uuidv7, World } from '@parley/projectors/testing/world.spec';
import { openSearchForTests } from '@parley/tests/harness/opensearch';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ann = person(1);
const alias = `rebuild-${uuidv7().replaceAll('-', '')}x`;
const stack = new AsyncDisposableStack();
let world: World;
let openSearch: ReturnType<typeof openOpenSearch>;
let deps: RebuildDeps;
let ordinal = 0;

const posted = (): Said => ({ type: 'message.posted', by: ann, data: { messageId: uuidv7(), author: ann, ordinal: (ordinal += 1), hasLink: false, mentions: [] }, content: { text: `word ${ordinal} 검색` } });
const say = (...events: Said[]) => world.append({ kind: 'room', id: 'rebuilt' }, events);

beforeAll(async () => {
  const [server, started] = await Promise.all([openSearchForTests(), World.start()]);
  stack.use(server);
  world = stack.use(started);
  const env = { OPENSEARCH_URL: server.url, OPENSEARCH_INDEX: alias };
  openSearch = openOpenSearch({ OPENSEARCH_URL: server.url, OPENSEARCH_INDEX: alias });
  stack.defer(() => openSearch.close());
  stack.use(await startProjectors(projectorsConfig.parse({ ...world.env, INSTANCE_ID: 'p' })));
  stack.use(await startProjectors(projectorsConfig.parse({ ...world.env, ...env, INSTANCE_ID: 'o' })));
  const ownership = stack.use(new Ownership(world.env['DATABASE_URL']!, 'spec'));
  deps = { nc: world.nc, sql: world.sql, ownership, signal: new AbortController().signal, onProgress: () => {} };
  await say({ type: 'room.created', by: ann, data: { kind: 'private', history: 'all', createdBy: ann }, content: { name: 'r' } }, { type: 'room.member-joined', by: ann, data: { userId: ann, role: 'owner' } });
  for (let batch = 0; batch < 30; batch += 1) await say(...Array.from({ length: 100 }, posted));
}, 240_000);
afterAll(() => stack.disposeAsync());

/** Compares until what is said has arrived. */
async function isSame(lines: () => ReturnType<typeof linesInPostgres>): Promise<number> {
  let found = await compareSearch(world.sql, lines());
  await until('the same messages in the index and in the rows', async () => {
    found = await compareSearch(world.sql, lines());
    return found.differences.length === 0;
  }, { timeoutMs: 60_000, everyMs: 200 });
  expect(found.indexHash).toBe(found.rowsHash);
  return found.indexed;
}

/** Says something now and then until the work is done. */
async function whileTalking<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const talking = (async () => {
    while (!isDone) {
      await say(posted());
      await new Promise((resolve) => { setTimeout(resolve, 10); });
    }
  })();
  try {
    return await work;
  } finally {
    isDone = true;
    await talking;
  }
}

test('the index in OpenSearch is made anew while people talk, takes its place, and holds what the rows hold', async () => {
  await world.settled();
  const [first, second] = [`${alias}-1`, `${alias}-2`];
  // Rows can be there before the indexer has made anything.
  await until('the index to be made', () => openSearch.request('GET', `/${first}`).then(() => true, () => false), { timeoutMs: 60_000 });
  await isSame(() => linesInOpenSearch(openSearch, first));
  // A hole and a lie, which no catching up would mend.
  const { body } = await openSearch.request('POST', `/${first}/_search`, { size: 2, query: { term: { shown: true } } });
  const [gone, lied] = (body as { hits: { hits: { _id: string; _source: object }[] } }).hits.hits;
  await openSearch.request('DELETE', `/${first}/_doc/${encodeURIComponent(gone!._id)}`);
  await openSearch.request('PUT', `/${first}/_doc/${encodeURIComponent(lied!._id)}?version=999999&version_type=external`, lied!._source);
  const { differences } = await compareSearch(world.sql, linesInOpenSearch(openSearch, first));
  expect(differences).toHaveLength(2);

  const before = ordinal;
  expect(await whileTalking(rebuildOpenSearch(deps, openSearch, alias))).toMatchObject({ index: second, before: first });
  await world.settled();
  expect(await isSame(() => linesInOpenSearch(openSearch, second))).toBe(ordinal);
  expect(ordinal).toBeGreaterThan(before + 1);
});

test('the table in PostgreSQL as well', async () => {
  await isSame(() => linesInPostgres(world.sql));
  await world.sql`delete from search.document where n = 10`;
  // As runs leave it that were killed while they copied, and right behind the swap.
  for (const table of ['document_next', 'document_before']) await world.sql`create table search.${world.sql(table)} (like search.document including all)`;
  expect((await compareSearch(world.sql, linesInPostgres(world.sql))).differences.length).toBeGreaterThan(0);
  await whileTalking(rebuildPostgres(deps));
  await world.settled();
  expect(await isSame(() => linesInPostgres(world.sql))).toBe(ordinal);
  expect(await world.sql`select relname from pg_class where relnamespace = 'search'::regnamespace and relkind = 'r' and relname like 'document%'`).toEqual([{ relname: 'document' }]);
});
