import { streamIndexOf, streamNames } from '@parley/contracts/wire/partition';
import type { Sql } from '@parley/kernel/stores/postgres';
import { schemaOf } from '../generations/generation.ts';
import { readGenerations } from '../generations/read.ts';
import type { Tx } from '../runner/projection.ts';
import type { Unreadable } from './unreadable.ts';

/** Where the rows of rooms are. */
const projection = 'conversations';
const numbersTogetherMax = 5_000;

/**
 * Takes from the rows of a room what nobody can read in its log any more, in every generation, and from what searches
 * are answered from in PostgreSQL. Returns how many rows still had words; done again it returns 0. The rows are then
 * what a rebuild would make.
 */
export async function scrubRoom(sql: Sql, roomId: string, unreadable: Unreadable): Promise<number> {
  const generations = (await readGenerations(sql)).filter((each) => each.projection === projection && each.state !== 'retired');
  let rows = 0;
  for (const { generation } of generations) rows += await sql.begin((tx) => scrubGeneration(tx, generation, roomId, unreadable));
  return rows + await scrubSearch(sql, roomId, unreadable);
}

async function scrubGeneration(tx: Tx, generation: number, roomId: string, { messages, versions, name, topic }: Unreadable): Promise<number> {
  const schema = tx(schemaOf({ projection, generation }));
  // A projector holds this row while it reads, folds and writes: it must not write back what it read before.
  await tx`select 1 from ops.checkpoint where projection = ${projection} and generation = ${generation} and stream = ${streamNames[streamIndexOf('room', roomId)]!} for update`;
  let rows = 0;
  for (const numbers of chunks(messages)) {
    rows += (await tx`update ${schema}.message set text = null, state = 'erased' where room_id = ${roomId} and state = 'shown' and n in (${each(tx, numbers)})`).count;
  }
  for (const numbers of chunks(versions)) {
    rows += (await tx`update ${schema}.message_edit set text = null where room_id = ${roomId} and text is not null and n in (${each(tx, numbers)})`).count;
    rows += (await tx`update ${schema}.note set text = null where room_id = ${roomId} and text is not null and n in (${each(tx, numbers)})`).count;
  }
  if (name) rows += (await tx`update ${schema}.room set name = null where room_id = ${roomId} and name is not null`).count;
  if (topic) rows += (await tx`update ${schema}.room set topic = null where room_id = ${roomId} and topic is not null`).count;
  return rows;
}

/** A document keeps its place without a word; its version is the one that a message without words has at the same event. */
async function scrubSearch(sql: Sql, roomId: string, { messages }: Unreadable): Promise<number> {
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'search'::regnamespace and relkind = 'r' and relname in ('document', 'document_next', 'document_before', 'recent') order by relname`;
  let rows = 0;
  for (const { name } of tables) {
    for (const numbers of chunks(messages)) {
      rows += await sql.begin(async (tx) => (await tx`
        update search.${tx(name)} set shown = false, has_link = false, words = '', keys = '{}', version = version + 1
        where room_id = ${roomId} and shown and n in (${each(tx, numbers)})`).count);
    }
  }
  return rows;
}

const each = (tx: Tx, numbers: readonly number[]) => tx`select value::bigint from json_array_elements_text(${JSON.stringify(numbers)}::text::json)`;

function chunks(numbers: readonly number[]): (readonly number[])[] {
  return Array.from({ length: Math.ceil(numbers.length / numbersTogetherMax) }, (_, at) => numbers.slice(at * numbersTogetherMax, (at + 1) * numbersTogetherMax));
}
