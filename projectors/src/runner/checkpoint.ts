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

/** A lane's checkpoint and where to move it. */
export type Move = { readonly lane: Lane; readonly from: number; readonly to: number };

/** A move was not made: another worker made it, or somebody holds the checkpoint. */
export class NotMoved extends Error {
  override readonly name = 'NotMoved';
}

/**
 * The same for several lanes at once, in one statement that waits for nobody: throws NotMoved unless every one of them
 * is where it should be and free. Nor does anything after it in this transaction wait for a lock longer than
 * `lockMsMax` milliseconds, since others would wait along.
 */
export async function moveCheckpoints(tx: Tx, moves: readonly Move[], lockMsMax: number): Promise<void> {
  const wanted = moves.map(({ lane: { projection, generation, stream }, from, to }) => ({ projection: projection.name, generation, stream, from, to }));
  const [answer] = await tx<{ moved: number }[]>`
    with wanted as materialized (
      select * from json_to_recordset(${JSON.stringify(wanted)}::text::json) as w(projection text, generation int, stream text, "from" bigint, "to" bigint)),
    free as materialized (
      select c.projection, c.generation, c.stream, w."to" from ops.checkpoint c join wanted w using (projection, generation, stream)
      where c.seq = w."from" for no key update of c skip locked),
    moved as (
      update ops.checkpoint c set seq = f."to", updated_at = now() from free f
      where c.projection = f.projection and c.generation = f.generation and c.stream = f.stream
      returning pg_notify(${checkpointChannel}, c.projection || ' ' || c.generation || ' ' || c.stream || ' ' || c.seq))
    select (select count(*) from moved)::int as moved, set_config('synchronous_commit', 'off', true), set_config('lock_timeout', ${`${lockMsMax}ms`}, true)`;
  if (answer!.moved !== moves.length) throw new NotMoved(`${moves.length - answer!.moved} of ${moves.length} checkpoints are elsewhere or held`);
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
