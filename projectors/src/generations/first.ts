import { fileURLToPath } from 'node:url';
import { migrate } from '@parley/kernel/stores/migrate';
import type { Sql } from '@parley/kernel/stores/postgres';
import type { AnyProjection } from '../runner/projection.ts';
import { createGeneration, noteActive } from './generation.ts';
import { makeUpTo } from './generation-tables.ts';
import { pointViews } from './views.ts';

/** Where the read side's SQL files are. */
export const readMigrations: string = fileURLToPath(new URL('../../migrations', import.meta.url));

/** Brings a read database up to date, and gives every projection that has no rows yet its first generation. */
export async function prepareReadDatabase(databaseUrl: string, sql: Sql, projections: readonly AnyProjection[]): Promise<void> {
  await migrate(databaseUrl, readMigrations);
  for (const projection of projections) await ensureGeneration(sql, projection);
}

async function ensureGeneration(sql: Sql, projection: AnyProjection): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtext('ops.generation'))`;
    const there = await tx`select 1 from ops.generation where projection = ${projection.name} limit 1`;
    if (there.length > 0) return;
    const first = { projection: projection.name, generation: 1 };
    await createGeneration(tx, projection, 1, 'standby');
    await makeUpTo(tx, projection, first, 'whole');
    await pointViews(tx, projection, first);
    await noteActive(tx, first);
  });
}
