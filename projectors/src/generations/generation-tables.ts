import type { Sql } from '@parley/kernel/stores/postgres';
import type { AnyProjection, Tx } from '../runner/projection.ts';
import { type GenerationRef, inSchema, schemaOf } from './generation.ts';

type Made = 'tables' | 'keys' | 'whole';

const buildMemory = '256MB';

/** Makes what a generation's tables still lack up to keys, or all indexes, if others have not done so. */
export async function makeUpTo(tx: Tx, { tables }: AnyProjection, ref: GenerationRef, upTo: Exclude<Made, 'tables'>): Promise<void> {
  const [row] = await tx<{ made: Made }[]>`select made from ops.generation where projection = ${ref.projection} and generation = ${ref.generation} for update`;
  const missing = [...(row?.made === 'tables' ? [tables.keys] : []), ...(row?.made !== 'whole' && upTo === 'whole' ? [tables.indexes] : [])];
  if (missing.length === 0) return;
  await tx`select set_config('maintenance_work_mem', ${buildMemory}, true)`;
  await inSchema(tx, ref, missing.join('\n'));
  await tx`update ops.generation set made = ${upTo} where projection = ${ref.projection} and generation = ${ref.generation}`;
}

/** Tables of a generation with the columns of their primary keys; partitions count as their table. */
export async function tablesOf(tx: Tx, ref: GenerationRef): Promise<{ table: string; key: string[] }[]> {
  return tx<{ table: string; key: string[] }[]>`
    select c.relname as table, to_json(array(
      select a.attname from pg_index i cross join unnest(i.indkey) with ordinality k(attnum, place) join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
      where i.indrelid = c.oid and i.indisprimary and k.place <= i.indnkeyatts order by k.place)) as key
    from pg_class c join pg_namespace s on s.oid = c.relnamespace
    where s.nspname = ${schemaOf(ref)} and c.relkind in ('r', 'p') and not c.relispartition order by c.relname`;
}

/** Has the planner know the rows, and index scans know that all of them are visible. */
export async function vacuum(sql: Sql, ref: GenerationRef): Promise<void> {
  const tables = await sql.begin((tx) => tablesOf(tx, ref));
  for (const { table } of tables) await sql`vacuum (analyze) ${sql(schemaOf(ref))}.${sql(table)}`.simple();
}

/** Drops a generation's tables and all that is known of their place in the log. */
export async function retireGeneration(tx: Tx, ref: GenerationRef): Promise<void> {
  const { projection, generation } = ref;
  await tx`update ops.generation set state = 'retired' where projection = ${projection} and generation = ${generation}`;
  await tx`delete from ops.checkpoint where projection = ${projection} and generation = ${generation}`;
  await tx`delete from ops.parked where projection = ${projection} and generation = ${generation}`;
  await tx`drop schema if exists ${tx(schemaOf(ref))} cascade`;
}
