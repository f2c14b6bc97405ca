import type { Sql } from '@parley/kernel/stores/postgres';
import type { Generation } from './generation.ts';

/** Every generation there is, in order. */
export function readGenerations(sql: Sql): PromiseLike<Generation[]> {
  return sql<Generation[]>`
    select projection, generation, version, state, created_at as "createdAt", activated_at as "activatedAt" from ops.generation order by projection, generation`;
}
