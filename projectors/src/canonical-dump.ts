import { createHash } from 'node:crypto';
import type { Sql } from '@parley/kernel/stores/postgres';
import { type GenerationRef, schemaOf } from './generations/generation.ts';
import { tablesOf } from './generations/generation-tables.ts';
import type { Tx } from './runner/projection.ts';

/** What a set of rows is, independent of when and in how many batches it was made. */
export type CanonicalDump = { readonly hash: string; readonly tables: Readonly<Record<string, { readonly rows: number; readonly hash: string }>> };

const rowsPerFetch = 2_000;

/**
 * SHA-256 over every row of every table that is read now, in the order of the primary keys, all as of one instant. Rows
 * hold no wall clock; checkpoints and what is parked (schema `ops`) are no part of it. Partitions count as their table.
 * Heads of aggregates are named by their projection. `onRow` sees each row as it is hashed.
 */
export async function canonicalDump(sql: Sql, onRow?: (table: string, row: string) => void): Promise<CanonicalDump> {
  return sql.begin('isolation level repeatable read read only', async (tx) => {
    const active = await tx<GenerationRef[]>`select projection, generation from ops.generation where state = 'active' order by projection`;
    const tables = (await Promise.all(active.map((each) => namedTables(tx, each)))).flat().toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const all = createHash('sha256');
    const result: Record<string, { rows: number; hash: string }> = {};
    for (const { schema, table, name, key } of tables) {
      const one = createHash('sha256');
      let rows = 0;
      const query = tx<{ row: string }[]>`select to_jsonb(t)::text as row from ${tx(schema)}.${tx(table)} t order by ${tx(key)}`;
      await query.cursor(rowsPerFetch, (batch) => {
        for (const { row } of batch) {
          one.update(row).update('\n');
          onRow?.(name, row);
          rows += 1;
        }
      });
      const hash = one.digest('hex');
      all.update(`${name} ${rows} ${hash}\n`);
      result[name] = { rows, hash };
    }
    return { hash: all.digest('hex'), tables: result };
  });
}

async function namedTables(tx: Tx, ref: GenerationRef) {
  const tables = await tablesOf(tx, ref);
  return tables.map(({ table, key }) => ({ schema: schemaOf(ref), table, key, name: table === 'aggregate_head' ? `${ref.projection}.${table}` : table }));
}
