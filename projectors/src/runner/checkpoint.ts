import type { Sql } from '@parley/kernel/stores/postgres';
import { schemaOf } from '../generations/generation.ts';
import { Fenced } from './failures.ts';
import type { AnyProjection, Statement, Tx } from './projection.ts';

/** One projection's place in one stream, as stored. */
export type Checkpoint = { readonly seq: number; readonly epoch: string };

/** What a worker works on: one stream for one set of a projection's tables. */
export type Lane = { readonly projection: AnyProjection; readonly generation: number; readonly stream: string };

/** The schema of a lane's tables. */
export const laneSchema = ({ projection, generation }: Lane): string => schemaOf({ projection: projection.name, generation });

/** What a lane is called where processes agree on who works on it. */
export const laneName = ({ projection, generation, stream }: Lane): string => `${projection.name} ${generation} ${stream}`;

/** Channel on which every move of a checkpoint is told: `<projection> <generation> <stream> <seq>`. */
export const checkpointChannel = 'parley_checkpoint';

/** The stored checkpoint; made at 0 for a stream of this epoch when the generation never saw it. Throws Fenced for a generation that is gone. */
export async function readCheckpoint(sql: Sql, { projection, generation, stream }: Lane, epoch: string): Promise<Checkpoint> {
  await sql`
    insert into ops.checkpoint (projection, generation, stream, epoch)
    select projection, generation, ${stream}, ${epoch} from ops.generation
    where projection = ${projection.name} and generation = ${generation} and state <> 'retired' on conflict do nothing`;
  const [row] = await sql<{ seq: number; epoch: string }[]>`
    select seq, epoch from ops.checkpoint
    where projection = ${projection.name} and generation = ${generation} and stream = ${stream}`;
  if (!row) throw new Fenced(projection.name, stream, 0);
  return row;
}

/**
 * The first statement of every transaction: moves the checkpoint if it still is at `from`, and tells those who wait.
 * Throws Fenced otherwise. The commit is not synced: after a crash of the database the rows and the checkpoint are
 * equally old, and the log fills them again.
 */
export async function moveCheckpoint(tx: Tx, { projection, generation, stream }: Lane, from: number, to: number): Promise<void> {
  const [moved] = await Promise.all([
    tx`update ops.checkpoint set seq = ${to}, updated_at = now()
       where projection = ${projection.name} and generation = ${generation} and stream = ${stream} and seq = ${from} returning 1`,
    tx`select set_config('synchronous_commit', 'off', true),
              pg_notify(${checkpointChannel}, ${`${projection.name} ${generation} ${stream} ${to}`})`,
  ]);
  if (moved.length === 0) throw new Fenced(projection.name, stream, from);
}

/** Heads of aggregates, as they were last applied, by `<kind> <id>`. */
export type Head = { readonly kind: string; readonly id: string; readonly n: number; readonly seq: number; readonly hash: string };

export const aggregateKey = (kind: string, id: string): string => `${kind} ${id}`;

export async function readHeads(tx: Tx, lane: Lane, aggregates: readonly { kind: string; id: string }[]): Promise<Map<string, Head>> {
  const rows = await tx<Head[]>`
    select h.kind, h.id, h.n, h.seq, h.hash
    from json_to_recordset(${JSON.stringify(aggregates)}::text::json) as a(kind text, id text)
    join ${tx(laneSchema(lane))}.aggregate_head h on h.kind = a.kind and h.id = a.id`;
  return new Map(rows.map((row) => [aggregateKey(row.kind, row.id), row]));
}

export function saveHeads(tx: Tx, lane: Lane, heads: readonly Head[]): Statement {
  return tx`
    insert into ${tx(laneSchema(lane))}.aggregate_head as a (kind, id, n, seq, hash)
    select h.kind, h.id, h.n, h.seq, h.hash
    from json_to_recordset(${JSON.stringify(heads)}::text::json) as h(kind text, id text, n bigint, seq bigint, hash text)
    order by h.kind, h.id
    on conflict (kind, id) do update set n = excluded.n, seq = excluded.seq, hash = excluded.hash
    where a.n < excluded.n`;
}
