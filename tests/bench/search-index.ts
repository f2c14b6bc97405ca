import { eventStreams } from '@parley/contracts/wire/partition';
import { until } from '@parley/dev/until';
import type { SearchDocument } from '@parley/kernel/search/document';
import { documentId, ensureIndex, openOpenSearch } from '@parley/kernel/search/opensearch';
import { openPostgres } from '@parley/kernel/stores/postgres';
import { Ownership } from '@parley/projectors/runner/ownership';
import { openSearchTarget } from '@parley/projectors/search/opensearch-target';
import { openRows } from '@parley/projectors/search/rows';
import { SearchIndexer } from '@parley/projectors/search/search-indexer';
import { startProjectors } from '@parley/projectors/start';
import { uuidv7, World } from '@parley/projectors/testing/world.spec';
import { openSearchForTests } from '../harness/opensearch.ts';
import { conditions, effort, report, row } from './measure.ts';

const ROOMS = 64;
const PER_COMMIT = 100;
const { rounds: ROUNDS, seconds: SECONDS } = effort({ rounds: 5, seconds: 10 });
/** About so many documents a second are to be had on two cores; a round is to last as long as was asked for. */
const MESSAGES = SECONDS * 8_000;
const BULK_DOCUMENTS = 2_000;
const BULKS_IN_FLIGHT = 2;

type OpenSearch = ReturnType<typeof openOpenSearch>;

const words = 'how do I mount the drive after an update of apt get sources list when firefox crashes 서버에서 메시지를 검색했습니다 파일 시스템 오류 로그 다시 설치'.split(' ');

async function fill(world: World): Promise<void> {
  const author = uuidv7();
  const rooms = Array.from({ length: ROOMS }, () => uuidv7());
  await Promise.all(rooms.map((id) => world.append({ kind: 'room', id }, [{ type: 'room.created', by: author, data: { kind: 'public', history: 'all', createdBy: author }, content: { name: 'r' } }])));
  for (let at = 0, ordinal = 0; at < MESSAGES; at += PER_COMMIT * ROOMS, ordinal += PER_COMMIT) {
    await Promise.all(rooms.map((id, room) => world.append({ kind: 'room', id }, Array.from({ length: PER_COMMIT }, (_, more) => ({
      type: 'message.posted', by: author, data: { messageId: uuidv7(), author, ordinal: ordinal + more + 1, hasLink: false, mentions: [] },
      content: { text: Array.from({ length: 12 }, (__, word) => words[(at + room * 7 + more * 3 + word * 5) % words.length]).join(' ') },
    })))));
  }
}

const count = async (openSearch: OpenSearch, index: string): Promise<number> => {
  await openSearch.request('POST', `/${index}/_refresh`);
  return ((await openSearch.request('GET', `/${index}/_count`, { query: { exists: { field: 'room' } } })).body as { count: number }).count;
};

/** The indexer, from an empty index to the end of the log. Documents a second. */
async function ours(world: World, openSearch: OpenSearch, index: string, documents: number): Promise<number> {
  await ensureIndex(openSearch, index);
  const sql = openPostgres(world.servers.postgres.databaseUrl, { max: 4, name: 'bench' });
  await using ownership = new Ownership(world.servers.postgres.databaseUrl, `bench-${index}`);
  const target = openSearchTarget(openSearch, index, sql);
  const begun = performance.now();
  const indexer = new SearchIndexer({ nc: world.nc, sql }, ownership, target);
  await until('the indexer', () => indexer.reports.every(({ state, lagEvents }) => state === 'running' && lagEvents === 0) && done(sql, documents), { timeoutMs: 600_000, everyMs: 20 });
  const seconds = (performance.now() - begun) / 1_000;
  await indexer[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
  await sql.end();
  return documents / seconds;
}

/** All positions are where the rows' checkpoints are. */
async function done(sql: ReturnType<typeof openPostgres>, documents: number): Promise<boolean> {
  const [{ ready }] = await sql<[{ ready: number }]>`
    select count(*)::int as ready from search.position p join ops.active_checkpoint c on c.projection = 'conversations' and c.stream = p.stream
    where p.target = 'opensearch' and p.seq >= c.seq and ${documents} > 0`;
  return ready === eventStreams;
}

/** The same documents, sent by the same process as fast as it can. Documents a second. */
async function raw(openSearch: OpenSearch, index: string, documents: readonly SearchDocument[]): Promise<number> {
  await ensureIndex(openSearch, index);
  let at = 0;
  const begun = performance.now();
  await Promise.all(Array.from({ length: BULKS_IN_FLIGHT }, async () => {
    while (at < documents.length) {
      const part = documents.slice(at, (at += BULK_DOCUMENTS));
      const body = part.map((document) => `{"index":{"_id":"${documentId(document)}","version":${document.version},"version_type":"external_gte"}}\n${JSON.stringify(document)}\n`).join('');
      const { body: answer } = await openSearch.request('POST', `/${index}/_bulk`, body);
      if ((answer as { errors: boolean }).errors) throw new Error('a raw document was refused');
    }
  }));
  return documents.length / ((performance.now() - begun) / 1_000);
}

async function main(): Promise<void> {
  await using server = await openSearchForTests();
  await using world = await World.start();
  const openSearch = openOpenSearch({ OPENSEARCH_URL: server.url, OPENSEARCH_INDEX: 'bench' });
  await fill(world);
  const projectors = await startProjectors(world.config());
  await world.settled(600_000);
  await projectors[Symbol.asyncDispose]();
  const documents: SearchDocument[] = [];
  for await (const page of openRows(world.sql).all()) documents.push(...page);
  // As they lie in the log, like what the indexer sends: in the order of their ids an index would take them in faster.
  documents.sort((a, b) => a.n - b.n || (a.room < b.room ? -1 : 1));
  const checks = [];
  const [mine, peer]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const names = [`bench-${uuidv7()}-a`, `bench-${uuidv7()}-b`] as const;
    await world.sql`delete from search.position where target = 'opensearch'`;
    const [a, b] = [await ours(world, openSearch, names[0], documents.length), await raw(openSearch, names[1], documents)];
    const held = await Promise.all(names.map((name) => count(openSearch, name)));
    checks.push({ check: `round ${round}: both indexes hold every document`, ok: held.every((number) => number === documents.length), detail: `${held.join(' and ')} of ${documents.length}` });
    // The first warms up the server's compiler.
    if (round > 0) {
      mine.push(a);
      peer.push(b);
    }
    for (const name of names) await openSearch.request('DELETE', `/${name}-1`);
  }
  report({
    name: 'search-index', measured: 'from an empty index to the last document acknowledged and the positions written: following the log, reading rows, folding words, bulk requests; the peer has its documents ready in memory', conditions: conditions(), checks,
    rows: [row({ case: `${documents.length} documents`, unit: 'documents/s', ours: mine, peer, peerName: `raw _bulk, ${BULK_DOCUMENTS} documents each, ${BULKS_IN_FLIGHT} in flight`, better: 'higher', goal: 0.85 })],
  });
  await openSearch.close();
}

await main();
