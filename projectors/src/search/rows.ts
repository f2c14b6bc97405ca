import { documentOf, type SearchDocument, type SearchRow } from '@parley/kernel/search/document';
import type { Sql } from '@parley/kernel/stores/postgres';
import { combine } from '../combine.ts';
import { pagesOf, type RoomEnd } from './pages-of-rooms.ts';

const pageNumbers = 1_000;
/** Rows that one question asks for: the next is read while these are on their way to the index. */
const rowsTogetherMax = 1_000;

type Row = SearchRow & { readonly gone: boolean };
export type MessageKey = { readonly room: string; readonly n: number };
/** Documents of rows, and which of their rooms are set aside: these rows are not what their log says. */
export type Found = { readonly documents: SearchDocument[]; readonly parked: readonly string[] };
type Asked = { readonly keys: readonly MessageKey[]; readonly stream: string; readonly seq: number };

/** Reads rows of messages and makes documents of them. Those without a row are left out. */
export type Rows = {
  /** Undefined: the rows that are read have not reached that place of the stream, whatever was told before. */
  readonly at: (asked: Asked) => Promise<Found | undefined>;
  /** All of a room from event `fromN` on, in pages. */
  readonly ofRoom: (room: string, fromN: number) => AsyncGenerator<SearchDocument[]>;
  /** Everything, by the bytes of rooms' ids and by number. */
  readonly all: () => AsyncGenerator<SearchDocument[]>;
  /** Which of these rooms are set aside: their rows are not what their log says. */
  readonly parked: (rooms: readonly string[]) => Promise<string[]>;
};

/** Always whole rows of the views of schema `rm`, never parts of events: a document is what queries would show. */
export function openRows(sql: Sql): Rows {
  const columns = sql`m.room_id, m.n, m.message_id, m.author, rm.iso(m.at) as at, m.sent_at, m.state, m.text, m.revision, m.has_link, m.reply_id, r.deleted_n is not null as gone`;
  const documents = (rows: readonly Row[]): SearchDocument[] => rows.map((row) => documentOf(row, row.gone));
  // Lateral with a limit, so that each run of numbers is looked up in the index of its partition whatever the planner believes.
  const at = combine<Asked, Found | undefined>(async (asked) => {
    const [answer] = await sql<{ seqs: Record<string, number> | null; parked: string[] | null; rows: (Row & { ask: number })[] | null }[]>`
      with wanted as materialized (select * from json_to_recordset(${JSON.stringify(asked.flatMap(({ keys }, ask) => runsOf(keys).map((run) => ({ ask, ...run }))))}::text::json) as w(ask int, room text, first bigint, last bigint))
      select
        (select json_object_agg(c.stream, c.seq) from ops.active_checkpoint c where c.projection = 'conversations') as seqs,
        (select json_agg(p.aggregate) from ops.active_parked p where p.kind = 'room' and p.projection = 'conversations' and p.aggregate in (select w.room from wanted w)) as parked,
        (select json_agg(f) from (
          select w.ask, ${columns}
          from wanted w
          cross join lateral (select * from rm.message x where x.room_id = w.room and x.n between w.first and w.last limit w.last - w.first + 1) m join rm.room r on r.room_id = m.room_id) f) as rows`;
    const parked = new Set(answer!.parked);
    const answers = asked.map(({ keys, stream, seq }): Found | undefined =>
      ((answer!.seqs?.[stream] ?? 0) >= seq ? { documents: [], parked: [...new Set(keys.map(({ room }) => room))].filter((room) => parked.has(room)) } : undefined));
    for (const row of answer!.rows ?? []) answers[row.ask]?.documents.push(documentOf(row, row.gone));
    return answers;
  }, { max: rowsTogetherMax, weigh: ({ keys }) => keys.length });

  async function* pages(ends: PromiseLike<readonly RoomEnd[]>, fromN: number): AsyncGenerator<SearchDocument[]> {
    for (const { rooms, behind, upTo } of pagesOf(await ends, pageNumbers)) {
      const rows = await sql<Row[]>`
        select ${columns} from json_array_elements_text(${JSON.stringify(rooms)}::text::json) with ordinality as w(room, place)
        cross join lateral (select * from rm.message x where x.room_id = w.room and x.n > ${behind} and x.n <= ${upTo} and (x.n >= ${fromN} or x.revision >= ${fromN}) limit ${pageNumbers}) m
        join rm.room r on r.room_id = m.room_id order by w.place, m.n`;
      if (rows.length > 0) yield documents(rows);
    }
  }
  return {
    at,
    ofRoom: (room, fromN) => pages(sql<RoomEnd[]>`select room_id as room, n from rm.room where room_id = ${room}`, fromN),
    // By bytes, as an index has them, whatever order the database has of its own.
    all: () => pages(sql<RoomEnd[]>`select room_id as room, n from rm.room order by room_id collate "C"`, 0),
    async parked(rooms) {
      if (rooms.length === 0) return [];
      const found = await sql<{ room: string }[]>`
        select distinct p.aggregate as room from ops.active_parked p join json_array_elements_text(${JSON.stringify(rooms)}::text::json) w(room) on w.room = p.aggregate
        where p.kind = 'room' and p.projection = 'conversations'`;
      return found.map(({ room }) => room);
    },
  };
}

type Run = { readonly room: string; readonly first: number; readonly last: number };

/** The same keys as runs of numbers that follow each other: what was said in one go lies side by side. */
function runsOf(keys: readonly MessageKey[]): Run[] {
  const runs: { room: string; first: number; last: number }[] = [];
  for (const { room, n } of keys) {
    const run = runs.at(-1);
    if (run?.room === room && run.last + 1 === n) run.last = n;
    else runs.push({ room, first: n, last: n });
  }
  return runs;
}
