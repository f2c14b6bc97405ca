import type { AggregateRef } from '@parley/contracts/envelope/commit';
import type { Sql } from '@parley/kernel/stores/postgres';
import { aggregateKey, type Lane, laneSchema, moveCheckpoint } from './checkpoint.ts';
import { Stopped } from './failures.ts';
import type { OpenedCommit, Tx } from './projection.ts';

/** An aggregate that was set aside, and from where its log must be read again. */
export type Parked = AggregateRef & { readonly fromSeq: number; readonly fromN: number; readonly retry: boolean };

/** More than this many in this time is no poison but a broken deployment. */
export const parksMax = 20;
export const parksWithinMs = 5 * 60_000;

export async function readParked(sql: Sql, { projection, generation, stream }: Lane): Promise<Map<string, Parked>> {
  const rows = await sql<Parked[]>`
    select kind, aggregate as id, from_seq as "fromSeq", from_n as "fromN", retry_requested_at is not null as retry
    from ops.parked where projection = ${projection.name} and generation = ${generation} and stream = ${stream}`;
  return new Map(rows.map((row) => [aggregateKey(row.kind, row.id), row]));
}

export type Cause = { readonly reason: string; readonly detail: string };

/**
 * Sets an aggregate aside at the commit `to`, which cannot be applied, and moves the checkpoint past it. `commit` is
 * that commit if it can be read at all: access that it takes away is taken away. Throws Stopped when `limit` were
 * parked lately.
 */
export async function park(sql: Sql, lane: Lane, from: number, to: number, aggregate: AggregateRef, cause: Cause, commit?: OpenedCommit, limit = parksMax): Promise<void> {
  const { projection, generation, stream } = lane;
  await sql.begin(async (tx) => {
    await moveCheckpoint(tx, lane, from, to);
    // One at a time, so that several streams together cannot pass the limit.
    await tx`select pg_advisory_xact_lock(hashtext('ops.parked'))`;
    const [lately] = await tx<{ count: number }[]>`
      select count(*)::int as count from ops.parked
      where projection = ${projection.name} and generation = ${generation} and parked_at > now() - make_interval(secs => ${parksWithinMs / 1_000})`;
    if (lately!.count >= limit) throw new Stopped(`${limit} aggregates were parked within ${parksWithinMs / 60_000} minutes; last: ${cause.reason} ${cause.detail}`);
    if (commit) await takeAccessAway(tx, lane, commit);
    await tx`
      insert into ops.parked (projection, generation, stream, kind, aggregate, from_seq, from_n, reason, detail)
      select ${projection.name}, ${generation}, ${stream}, ${aggregate.kind}, ${aggregate.id}, ${to},
        coalesce((select n from ${tx(laneSchema(lane))}.aggregate_head where kind = ${aggregate.kind} and id = ${aggregate.id}), 0) + 1,
        ${cause.reason}, ${cause.detail}`;
  });
}

/** In a savepoint: what is wrong with the commit may be just this. */
async function takeAccessAway(tx: Tx, lane: Lane, commit: OpenedCommit): Promise<void> {
  const remove = lane.projection.evenWhenParked;
  if (!remove) return;
  await tx.savepoint(async (inner) => { await Promise.all(remove(inner, laneSchema(lane), [commit])); }).catch(() => {});
}

/** Notes that a retry did not succeed; the aggregate stays parked until somebody asks again. */
export async function noteFailedRetry(sql: Sql, { projection, generation, stream }: Lane, { kind, id }: AggregateRef, cause: Cause): Promise<void> {
  await sql`
    update ops.parked set attempts = attempts + 1, retry_requested_at = null, reason = ${cause.reason}, detail = ${cause.detail}
    where projection = ${projection.name} and generation = ${generation} and stream = ${stream} and kind = ${kind} and aggregate = ${id}`;
}
