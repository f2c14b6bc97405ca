import { keysOfTerm, phraseText, type Term } from '@parley/kernel/search/parse-query';
import { charactersOf } from '@parley/kernel/search/tokens';
import type { Sql } from '@parley/kernel/stores/postgres';
import type { Candidate, Place, Sought } from './search-index.ts';

/** The newest matches in one of the two tables of documents. The words that were asked for travel as parameters alone. */
export async function findInPostgres(sql: Sql, table: 'document' | 'recent', sought: Sought, below: Place | undefined, limit: number): Promise<readonly Candidate[]> {
  const { query: { must, not }, author, since, until, hasLink, replyTo } = sought;
  const keys = [...new Set(must.flatMap(keysOfTerm))];
  // One key alone is best left to the planner, which may walk the newest rows; several would make it guess that they
  // are met together often, and walk all of them.
  const how = keys.length > 1 ? sql`materialized` : sql`not materialized`;
  return sql<Candidate[]>`
    with found as ${how} (
      select d.said, d.room_id as room, d.n, d.version, d.words
      from ${table === 'document' ? sql`search.document` : sql`search.recent`} d
      where d.shown ${keys.length > 0 ? sql`and d.keys @> ${arrayOf(keys)}::text::text[]` : sql``}
        ${all(sql, must.flatMap(patternsOf).map((pattern) => sql`and d.words like ${pattern}`))}
        ${all(sql, not.map((term) => sql`and not (${conditionOf(sql, term)})`))}
        ${author === undefined ? sql`` : sql`and d.author = ${author}`}
        ${since === undefined ? sql`` : sql`and d.said >= ${since}`}
        ${until === undefined ? sql`` : sql`and d.said < ${until}`}
        ${hasLink === undefined ? sql`` : sql`and d.has_link = ${hasLink}`}
        ${replyTo === undefined ? sql`` : sql`and d.reply_id = ${replyTo}`}
        ${below === undefined ? sql`` : sql`and (d.said, d.room_id, d.n) < (${below.said}::bigint, ${below.room}::text, ${below.n}::bigint)`})
    select f.* from found f
    where exists (
      select 1 from json_to_recordset(${JSON.stringify(sought.scopes)}::text::json) as s("roomId" text, "fromN" bigint, "toN" bigint)
      where s."roomId" = f.room and f.n between s."fromN" and s."toN")
    order by f.said desc, f.room desc, f.n desc limit ${limit}`;
}

// Keys and words hold letters and numbers alone (and "^", " "), so they need no escaping in arrays and patterns.
const arrayOf = (keys: readonly string[]): string => `{${keys.map((key) => `"${key}"`).join(',')}}`;

/** Fragments one after the other; none is nothing. */
const all = (sql: Sql, fragments: readonly ReturnType<Sql>[]): ReturnType<Sql> => fragments.reduce((before, fragment) => sql`${before} ${fragment}`, sql``);

/** What the words must be like, where keys alone cannot tell. */
function patternsOf(term: Term): string[] {
  switch (term.kind) {
    case 'word': return [];
    case 'dense': return charactersOf(term.core).length > 2 ? [`%${term.core}%`] : [];
    case 'prefix': return [`% ${term.text}%`];
    case 'phrase': return [`%${phraseText(term.words)}%`];
  }
}

function conditionOf(sql: Sql, term: Term) {
  const keys = keysOfTerm(term);
  const patterns = patternsOf(term);
  return sql`${keys.length > 0 ? sql`d.keys @> ${arrayOf(keys)}::text::text[]` : sql`true`} ${all(sql, patterns.map((pattern) => sql`and d.words like ${pattern}`))}`;
}
