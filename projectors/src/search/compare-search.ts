import { createHash } from 'node:crypto';
import { documentId, type OpenSearch } from '@parley/kernel/search/opensearch';
import type { Sql } from '@parley/kernel/stores/postgres';
import { pagesOf, type RoomEnd } from './pages-of-rooms.ts';
import { openRows } from './rows.ts';

const pageSize = 5_000;
const differencesMax = 100;

/** One message as the comparison sees it: identity and version, by the order of room and number. */
type Line = { readonly room: string; readonly n: number; readonly id: string; readonly version: number };

export type Comparison = { readonly rows: number; readonly indexed: number; readonly rowsHash: string; readonly indexHash: string; /** At most 100: what is only on one side, or differs. */ readonly differences: readonly string[] };

/** Compares an index with the rows, every message and its version. What is said meanwhile may differ: compare again. */
export async function compareSearch(sql: Sql, index: AsyncIterable<Line>): Promise<Comparison> {
  const [rows, held] = [hashed(linesOfRows(sql)), hashed(index)];
  const differences: string[] = [];
  const note = (line: string): void => { if (differences.length < differencesMax) differences.push(line); };
  let [a, b] = [await rows.next(), await held.next()];
  while (a || b) {
    const order = !a ? 1 : !b ? -1 : a.room === b.room ? a.n - b.n : a.room < b.room ? -1 : 1;
    if (order < 0) note(`${a!.id} version ${a!.version} is not in the index`);
    else if (order > 0) note(`${b!.id} is in the index and not in the rows`);
    else if (a!.version !== b!.version || a!.id !== b!.id) note(`${a!.id} is of version ${b!.version} in the index, ${a!.version} in the rows`);
    if (order <= 0) a = await rows.next();
    if (order >= 0) b = await held.next();
  }
  return { rows: rows.count, indexed: held.count, rowsHash: rows.hash(), indexHash: held.hash(), differences };
}

function hashed(lines: AsyncIterable<Line>) {
  const iterator = lines[Symbol.asyncIterator]();
  const hash = createHash('sha256');
  return {
    count: 0,
    async next(): Promise<Line | undefined> {
      const { value, done } = await iterator.next();
      if (done) return undefined;
      this.count += 1;
      hash.update(`${value.id} ${value.version}\n`);
      return value;
    },
    hash: () => hash.digest('hex'),
  };
}

async function* linesOfRows(sql: Sql): AsyncGenerator<Line> {
  for await (const page of openRows(sql).all()) for (const document of page) yield { room: document.room, n: document.n, id: documentId(document), version: document.version };
}

/** What the table in PostgreSQL holds. */
export async function* linesInPostgres(sql: Sql): AsyncGenerator<Line> {
  const ends = await sql<RoomEnd[]>`select room_id as room, max(n) as n from search.document group by room_id order by room_id collate "C"`;
  for (const { rooms, behind, upTo } of pagesOf(ends, pageSize)) {
    const held = await sql<{ room: string; n: number; message: string; version: number }[]>`
      select d.room_id as room, d.n, d.message_id as message, d.version from json_array_elements_text(${JSON.stringify(rooms)}::text::json) with ordinality as w(room, place)
      cross join lateral (select * from search.document x where x.room_id = w.room and x.n > ${behind} and x.n <= ${upTo} limit ${pageSize}) d
      order by w.place, d.n`;
    for (const { room, n, message, version } of held) yield { room, n, id: documentId({ room, message }), version };
  }
}

type Found = { readonly hits: { readonly hits: readonly { readonly _id: string; readonly _version: number; readonly _source: { readonly room: string; readonly n: number } }[] } };

/** What an index in OpenSearch holds, as it shows after a refresh. */
export async function* linesInOpenSearch(openSearch: OpenSearch, index: string): AsyncGenerator<Line> {
  await openSearch.request('POST', `/${index}/_refresh`);
  for (let after: readonly [string, number] | undefined; ;) {
    const { body } = await openSearch.request('POST', `/${index}/_search`, {
      size: pageSize, version: true, _source: ['room', 'n'], track_total_hits: false, query: { exists: { field: 'room' } }, sort: [{ room: 'asc' }, { n: 'asc' }], ...(after && { search_after: after }),
    });
    const { hits } = (body as Found).hits;
    for (const { _id: id, _version: version, _source: { room, n } } of hits) yield { room, n, id, version };
    const last = hits.at(-1)?._source;
    if (!last || hits.length < pageSize) return;
    after = [last.room, last.n];
  }
}
