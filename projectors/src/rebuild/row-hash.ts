import { createHash } from 'node:crypto';
import { type GenerationRef, schemaOf } from '../generations/generation.ts';
import { tablesOf } from '../generations/generation-tables.ts';
import type { Tx } from '../runner/projection.ts';

/** What the rows of one table come to, in whatever order they lie. */
export type TableHash = { readonly table: string; readonly key: readonly string[]; readonly rows: number; readonly sum: string };
export type RowsHash = { readonly tables: readonly TableHash[]; readonly rows: number; readonly hash: string };

/** Rows are sorted into so many heaps by their key, to find those that differ without reading all again. */
const heaps = 1_024;

/** One instant is written in one way only. */
const prepareSession = (tx: Tx): PromiseLike<unknown> => tx`select set_config('TimeZone', 'UTC', true), set_config('extra_float_digits', '1', true)`;

const rowSum = (tx: Tx) => tx`coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text || ' ' || coalesce(sum(hashtextextended(t::text, 1)::numeric), 0)::text`;

/**
 * Hashes every table of a generation within the database: per table the count of rows and two sums of 64-bit hashes of
 * whole rows. Finds damage and bugs, at a fraction of the cost of reading the rows; it is no proof against a forger of
 * rows, which the log's own chain is.
 */
export async function hashRows(tx: Tx, ref: GenerationRef): Promise<RowsHash> {
  await prepareSession(tx);
  const tables: TableHash[] = [];
  for (const { table, key } of await tablesOf(tx, ref)) {
    const [found] = await tx<{ rows: number; sum: string }[]>`select count(*) as rows, ${rowSum(tx)} as sum from ${tx(schemaOf(ref))}.${tx(table)} t`;
    tables.push({ table, key, rows: found!.rows, sum: found!.sum });
  }
  const all = createHash('sha256');
  for (const { table, rows, sum } of tables) all.update(`${table} ${rows} ${sum}\n`);
  return { tables, rows: tables.reduce((sum, { rows }) => sum + rows, 0), hash: all.digest('hex') };
}

export type Heap = { readonly heap: number; readonly rows: number; readonly sum: string };

const heapOf = (tx: Tx, key: readonly string[]) => tx`(hashtextextended(jsonb_build_array(${tx([...key] as string[])})::text, 2) & ${heaps - 1})::int`;

/** A table's rows, heap by heap. */
export async function hashHeaps(tx: Tx, ref: GenerationRef, { table, key }: Pick<TableHash, 'table' | 'key'>): Promise<Map<number, Heap>> {
  await prepareSession(tx);
  const found = await tx<Heap[]>`select ${heapOf(tx, key)} as heap, count(*)::int as rows, ${rowSum(tx)} as sum from ${tx(schemaOf(ref))}.${tx(table)} t group by 1`;
  return new Map(found.map((heap) => [heap.heap, heap]));
}

/** The rows of some heaps by their key, a JSON list. */
export async function rowsOfHeaps(tx: Tx, ref: GenerationRef, { table, key }: Pick<TableHash, 'table' | 'key'>, wanted: readonly number[]): Promise<Map<string, Record<string, unknown>>> {
  const found = await tx<{ key: string; row: Record<string, unknown> }[]>`
    select jsonb_build_array(${tx([...key] as string[])})::text as key, to_jsonb(t) as row from ${tx(schemaOf(ref))}.${tx(table)} t
    where ${heapOf(tx, key)} in (select w::int from json_array_elements_text(${JSON.stringify(wanted)}::text::json) w)`;
  return new Map(found.map(({ key: text, row }) => [JSON.stringify(JSON.parse(text)), row]));
}
