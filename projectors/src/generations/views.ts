import type { AnyProjection, Tx } from '../runner/projection.ts';
import { Stopped } from '../runner/failures.ts';
import { type GenerationRef, schemaOf } from './generation.ts';

type Column = { readonly name: string; readonly type: string };

/** Points the views of `rm` at the tables of a generation; see `viewsOf`. */
export async function pointViews(tx: Tx, projection: AnyProjection, ref: GenerationRef): Promise<void> {
  await tx.unsafe(await viewsOf(tx, projection, ref)).simple();
}

/**
 * SQL that points the views of `rm` at the tables of a generation. It waits for statements that run, and those that come
 * wait for it: whoever runs it bounds that by `lock_timeout`, and has nothing else to do while it holds them up. Columns keep names, order and types, so that prepared statements live on;
 * what the tables have besides is added at the end. Throws Stopped for tables that lack what a view promises, unless
 * they `mayLack` it, being older than the promise: then it is null.
 */
export async function viewsOf(tx: Tx, { tables }: AnyProjection, ref: GenerationRef, { mayLack = false } = {}): Promise<string> {
  const schema = schemaOf(ref);
  const statements: string[] = [];
  // In one order for everybody.
  for (const table of tables.views.toSorted()) {
    const [promised, had] = [await columnsOf(tx, 'rm', table), await columnsOf(tx, schema, table)];
    const isThere = ({ name, type }: Column): boolean => had.some((column) => column.name === name && column.type === type);
    const missing = promised.find((column) => !isThere(column));
    if (missing && !mayLack) throw new Stopped(`rm.${table} promises ${missing.name} ${missing.type}, which ${schema}.${table} does not have`);
    const added = had.filter(({ name }) => !promised.some((column) => column.name === name));
    const columns = [...promised, ...added].map((column) => (isThere(column) ? quoted(column.name) : `null::${column.type} as ${quoted(column.name)}`));
    statements.push(`create or replace view rm.${quoted(table)} as select ${columns.join(', ')} from ${quoted(schema)}.${quoted(table)};`);
  }
  return statements.join('\n');
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function columnsOf(tx: Tx, schema: string, relation: string): Promise<Column[]> {
  return tx<Column[]>`
    select a.attname as name, format_type(a.atttypid, null) as type
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace s on s.oid = c.relnamespace
    where s.nspname = ${schema} and c.relname = ${relation} and a.attnum > 0 and not a.attisdropped order by a.attnum`;
}
