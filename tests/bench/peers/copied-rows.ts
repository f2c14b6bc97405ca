import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { Sql } from '@parley/kernel/stores/postgres';
import { createGeneration, type GenerationRef, schemaOf } from '@parley/projectors/generations/generation';
import { makeUpTo, retireGeneration, tablesOf, vacuum } from '@parley/projectors/generations/generation-tables';
import type { AnyProjection } from '@parley/projectors/runner/projection';

/** Rows of one table as COPY writes them. */
export type CopiedTable = { readonly table: string; readonly pieces: readonly Buffer[] };

/** Takes all rows of a generation out, to be put in again by a peer that only copies. */
export async function copyOut(sql: Sql, ref: GenerationRef): Promise<CopiedTable[]> {
  const tables = await sql.begin((tx) => tablesOf(tx, ref));
  const copied: CopiedTable[] = [];
  for (const { table } of tables) {
    const pieces: Buffer[] = [];
    for await (const piece of await sql`copy (select * from ${sql(schemaOf(ref))}.${sql(table)}) to stdout`.readable()) pieces.push(Buffer.from(piece as Uint8Array));
    copied.push({ table, pieces });
  }
  return copied;
}

/** What of a peer's work is timed, in ms. */
export type CopyTimes = { readonly copyMs: number; readonly indexMs: number };

/**
 * The peer: puts the same rows into tables of the same make by COPY alone. `late`: keys and indexes are made after it,
 * as a rebuild does, else they are there, as for a projector.
 */
export async function copyIn(sql: Sql, projection: AnyProjection, generation: number, rows: readonly CopiedTable[], months: readonly string[], late: boolean): Promise<CopyTimes> {
  const ref = { projection: projection.name, generation };
  await sql.begin((tx) => createGeneration(tx, projection, generation, 'standby'));
  for (const month of months) await sql`select ${sql(schemaOf(ref))}.ensure_message_month(${month}::date)`;
  if (!late) await sql.begin((tx) => makeUpTo(tx, projection, ref, 'whole'));
  const begun = performance.now();
  await sql.begin(async (tx) => {
    await tx`select set_config('synchronous_commit', 'off', true)`;
    for (const { table, pieces } of rows) {
      const writable = await tx`copy ${tx(schemaOf(ref))}.${tx(table)} from stdin`.writable();
      let written = Promise.resolve();
      for (const piece of pieces) {
        written = new Promise((resolve, reject) => { writable.write(piece, (error) => (error ? reject(error) : resolve())); });
        if (writable.writableNeedDrain) await once(writable, 'drain');
      }
      // The data ends where the end is asked for: only once nothing of it waits here.
      await written;
      writable.end();
      await setImmediate();
      await tx`select 1`;
    }
  });
  const copied = performance.now();
  if (late) {
    await sql.begin((tx) => makeUpTo(tx, projection, ref, 'whole'));
    await vacuum(sql, ref);
  }
  return { copyMs: copied - begun, indexMs: performance.now() - copied };
}

export const drop = (sql: Sql, ref: GenerationRef): Promise<unknown> => sql.begin((tx) => retireGeneration(tx, ref));
