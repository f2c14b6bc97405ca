import { openPostgres } from '@parley/kernel/stores/postgres';
import { findInPostgres } from './find-in-postgres.ts';
import { guarded } from './guarded.ts';
import type { SearchIndex } from './search-index.ts';

const connectionsMax = 4;
const statementMsMax = 1_500;

/** Search in PostgreSQL, over connections of its own: however dear a search is, other questions do not queue behind it. */
export function postgresIndex(databaseUrl: string, instance: string): SearchIndex {
  const sql = openPostgres(databaseUrl, { max: connectionsMax, name: `parley-search-${instance}`, statementTimeoutMs: statementMsMax });
  const { ask, trouble } = guarded('The search index cannot be reached.');
  return {
    name: 'postgres',
    find: (sought, below, limit) => ask(() => findInPostgres(sql, 'document', sought, below, limit)),
    trouble,
    [Symbol.asyncDispose]: () => sql.end({ timeout: 2 }),
  };
}
