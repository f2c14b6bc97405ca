import { documentKeys, type SearchDocument } from '@parley/kernel/search/document';
import { searchChannel } from '@parley/kernel/search/position';
import type { Sql } from '@parley/kernel/stores/postgres';
import { Fenced } from '../runner/failures.ts';
import { combine } from '../combine.ts';
import type { Position, PutBatch, SearchTarget } from './target.ts';

/** How batches of several streams go together. Rows become readable in groups, so what was just said comes in groups as well. */
export const together = { max: 500, weigh: ({ documents }: PutBatch): number => Math.max(1, documents.length) };

export type DocumentTable = 'search.document' | 'search.document_next' | 'search.recent';

/** The index in PostgreSQL: documents and position move in one statement, those of all streams that wait together. `table`: one beside it, with positions of its own, that nobody reads yet. */
export function postgresTarget(sql: Sql, name = 'postgres', table: DocumentTable = 'search.document'): SearchTarget {
  const put = combine<PutBatch, boolean>((batches) => saveAndMove(sql, name, table, batches), together);
  return {
    name,
    position: (stream) => readPosition(sql, name, stream),
    async put(batch) {
      if (!(await put(batch))) throw new Fenced(`search-${name}`, batch.stream, batch.from);
    },
    isCurrent: async (stream, seq) => (await readPosition(sql, name, stream))?.seq === seq || seq === 0,
    [Symbol.asyncDispose]: async () => {},
  };
}

export async function readPosition(sql: Sql, target: string, stream: string): Promise<Position | undefined> {
  const [row] = await sql<Position[]>`select seq, epoch from search.position where target = ${target} and stream = ${stream}`;
  return row;
}

/** Of several versions of a message the highest: one statement may touch a row once. */
export function newest(documents: readonly SearchDocument[]): SearchDocument[] {
  const kept = new Map<string, SearchDocument>();
  for (const document of documents) {
    const key = `${document.room} ${document.n}`;
    const before = kept.get(key);
    if (!before || before.version <= document.version) kept.set(key, document);
  }
  return [...kept.values()];
}

type Row = SearchDocument & { readonly keys: readonly string[]; readonly stream: string; readonly seq: number };

function rowsOf(batches: readonly PutBatch[]): Row[] {
  const places = new Map(batches.flatMap((batch) => batch.documents.map((document) => [document, batch] as const)));
  return newest([...places.keys()]).map((document) => ({ ...document, keys: documentKeys(document), stream: places.get(document)!.stream, seq: places.get(document)!.to }));
}

/** Writes rows over older ones; `recent` also keeps where in the log they come from. */
function insertRows(sql: Sql, table: DocumentTable, rows: readonly Row[]) {
  const isRecent = table === 'search.recent';
  const more = isRecent ? sql`, stream, seq` : sql``;
  return sql`
    insert into ${sql(table)} as d (room_id, n, message_id, version, shown, author, said, has_link, reply_id, words, keys${more})
    select w.room, w.n, w.message, w.version, w.shown, w.author, w.said, w.link, w.reply, w.words, w.keys${more}
    from json_to_recordset(${JSON.stringify(rows)}::text::json) as w(
      room text, n bigint, message uuid, version bigint, shown boolean, author uuid, said bigint, link boolean, reply uuid, words text, keys text[], stream text, seq bigint)
    order by w.room, w.n
    on conflict (room_id, n) do update set
      version = excluded.version, shown = excluded.shown, author = excluded.author, said = excluded.said, has_link = excluded.has_link,
      reply_id = excluded.reply_id, words = excluded.words, keys = excluded.keys${isRecent ? sql`, stream = excluded.stream, seq = excluded.seq` : sql``}
    where d.version < excluded.version`;
}

/** Writes documents over older ones. */
export async function saveDocuments(sql: Sql, table: DocumentTable, documents: readonly SearchDocument[]): Promise<void> {
  if (documents.length > 0) await insertRows(sql, table, rowsOf([{ stream: '', epoch: '', from: 0, to: 0, documents, live: false }]));
}

/**
 * Writes the documents of batches over older ones (`table`; undefined: they are elsewhere), moves the positions of those
 * that are where they began and tells those who wait; false for each that is elsewhere. One statement, because it is made
 * for nearly every message: a transaction of four would take five round trips. The commit is not synced: after a crash
 * documents and positions are equally old, and the log fills them again.
 */
export async function saveAndMove(sql: Sql, target: string, table: DocumentTable | undefined, batches: readonly PutBatch[]): Promise<boolean[]> {
  const rows = table === undefined ? [] : rowsOf(batches);
  const wanted = JSON.stringify(batches.map(({ stream, epoch, from, to }) => ({ stream, epoch, from, to })));
  const answers = await sql<{ stream: string; moved: boolean }[]>`
    with wanted as materialized (select * from json_to_recordset(${wanted}::text::json) as w(stream text, epoch text, "from" bigint, "to" bigint)),
    ${table === undefined || rows.length === 0 ? sql`` : sql`saved as (${insertRows(sql, table, rows)}),`}
    moved as (
      insert into search.position as p (target, stream, epoch, seq) select ${target}, w.stream, w.epoch, w."to" from wanted w order by w.stream
      on conflict (target, stream) do update set seq = excluded.seq, epoch = excluded.epoch, updated_at = now()
      where (p.stream, p.seq) in (select w.stream, w."from" from wanted w)
      returning p.stream)
    select w.stream, m.stream is not null as moved, set_config('synchronous_commit', 'off', true), 
      case when m.stream is not null then pg_notify(${searchChannel}, ${target} || ' ' || w.stream || ' ' || w."to") end
    from wanted w left join moved m on m.stream = w.stream`;
  const moved = new Set(answers.flatMap((answer) => (answer.moved ? [answer.stream] : [])));
  return batches.map(({ stream }) => moved.has(stream));
}
