import { setTimeout as pause } from 'node:timers/promises';
import type { Sql } from '@parley/kernel/stores/postgres';
import { type GenerationRef, noteActive, tellGenerations } from '../generations/generation.ts';
import { viewsOf } from '../generations/views.ts';
import { crashPoint } from '../runner/crash-point.ts';
import type { AnyProjection, Tx } from '../runner/projection.ts';

/** One projection whose rows are read from another generation from now on. */
export type Exchange = {
  readonly projection: AnyProjection;
  readonly from: GenerationRef;
  readonly to: GenerationRef;
  /** The rows that are read are of another log: the new ones cannot be as far as they. */
  readonly ofAnotherLog: boolean;
  /** Back to rows that are older than what the views promise by now. */
  readonly back: boolean;
};
export type SwapDeps = {
  readonly sql: Sql;
  readonly signal: AbortSignal;
  /** Epoch of each stream and of the log as a whole, as they are. */
  readonly epochs: { readonly streams: ReadonlyMap<string, string>; readonly combined: string };
  /** Brings the new rows as far as the ones that are read, which stand still meanwhile. */
  readonly catchUp: (exchange: Exchange, upTo: ReadonlyMap<string, number>) => Promise<void>;
  /** Told why it has to be tried again. */
  readonly onWait?: (why: string) => void;
};
export type SwapReport = { /** For how long projectors stood still, in ms. */ readonly heldMs: number; /** For how long queries could wait, in ms. */ readonly swapMs: number; readonly attempts: number };

const checkpointLockMs = 1_000;
const viewLockMs = 50;
const patienceMs = 120_000;
const lockNotAvailable = '55P03';

/** The swap could not be made; nothing has changed. */
export class SwapRefused extends Error {
  override readonly name = 'SwapRefused';
}

/**
 * Points readers at other generations, all exchanges at once. Projectors stand still until the new rows are as far as
 * the old, so no answer is older than one that was given before; then the views change, within milliseconds, and whoever
 * asks meanwhile waits. A statement that runs for long on the old rows is waited for without holding others up.
 * Throws SwapRefused after two minutes, or when what is set aside differs.
 */
export async function swap(deps: SwapDeps, exchanges: readonly Exchange[], { parkedMayDiffer = false } = {}): Promise<SwapReport> {
  const giveUpAt = performance.now() + patienceMs;
  for (let attempts = 1; ; attempts += 1) {
    deps.signal.throwIfAborted();
    try {
      return { ...(await attempt(deps, exchanges, parkedMayDiffer)), attempts };
    } catch (error) {
      if ((error as { code?: unknown }).code !== lockNotAvailable) throw error;
      if (performance.now() > giveUpAt) throw new SwapRefused(`a statement has been running on the old rows for more than ${patienceMs / 1_000} s${await whoHolds(deps.sql)}`);
      deps.onWait?.('a statement runs on the old rows; waiting for its end');
    }
    await pause(20 + Math.random() * Math.min(500, attempts * 20));
  }
}

async function attempt({ sql, epochs, catchUp }: SwapDeps, exchanges: readonly Exchange[], parkedMayDiffer: boolean): Promise<Omit<SwapReport, 'attempts'>> {
  let [heldAt, swapAt] = [0, 0];
  await sql.begin(async (tx) => {
    await tx`select set_config('lock_timeout', ${String(checkpointLockMs)}, true), set_config('idle_in_transaction_session_timeout', '0', true)`;
    await tx`select pg_advisory_xact_lock(hashtext('ops.generation'))`;
    heldAt = performance.now();
    for (const exchange of exchanges.filter(({ ofAnotherLog }) => !ofAnotherLog)) {
      await catchUp(exchange, await standStill(tx, exchange.from));
      if (!parkedMayDiffer && (await parkedDiffer(tx, exchange))) throw new SwapRefused(`${exchange.projection.name}: other aggregates are set aside than in the rows that are read`);
    }
    const views: string[] = [];
    for (const { projection, from, to, back } of exchanges) {
      views.push(await viewsOf(tx, projection, to, { mayLack: back }));
      await tx`update ops.generation set state = 'standby' where projection = ${from.projection} and generation = ${from.generation}`;
      await noteActive(tx, to);
    }
    await tellGenerations(tx);
    await acceptLog(tx, epochs);
    await tx`select set_config('lock_timeout', ${String(viewLockMs)}, true)`;
    swapAt = performance.now();
    await tx.unsafe(views.join('\n')).simple();
    crashPoint('rebuild-swap');
  });
  const now = performance.now();
  crashPoint('rebuild-swapped');
  return { heldMs: Math.round(now - heldAt), swapMs: Math.round(now - swapAt) };
}

/** Keeps projectors from going on with a generation until the transaction ends; where they are. */
async function standStill(tx: Tx, { projection, generation }: GenerationRef): Promise<ReadonlyMap<string, number>> {
  const rows = await tx<{ stream: string; seq: number }[]>`
    select stream, seq from ops.checkpoint where projection = ${projection} and generation = ${generation} order by stream for update`;
  return new Map(rows.map(({ stream, seq }) => [stream, seq]));
}

async function parkedDiffer(tx: Tx, { from, to }: Exchange): Promise<boolean> {
  const of = ({ projection, generation }: GenerationRef) => tx`select stream, kind, aggregate from ops.parked where projection = ${projection} and generation = ${generation}`;
  const rows = await tx`(${of(from)} except ${of(to)}) union all (${of(to)} except ${of(from)})`;
  return rows.length > 0;
}

/** Once all rows that are read are of the log as it is, cursors are of it too. */
async function acceptLog(tx: Tx, { streams, combined }: SwapDeps['epochs']): Promise<void> {
  const rows = await tx<{ stream: string; epoch: string }[]>`select stream, epoch from ops.active_checkpoint`;
  if (rows.some(({ stream, epoch }) => streams.get(stream) !== epoch)) return;
  await tx`insert into ops.log (epoch) values (${combined}) on conflict (one) do update set epoch = excluded.epoch, updated_at = now() where ops.log.epoch <> excluded.epoch`;
}

async function whoHolds(sql: Sql): Promise<string> {
  const rows = await sql<{ pid: number; application: string; seconds: number }[]>`
    select a.pid, a.application_name as application, extract(epoch from clock_timestamp() - a.xact_start)::int as seconds
    from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace s on s.oid = c.relnamespace join pg_stat_activity a on a.pid = l.pid
    where s.nspname = 'rm' and l.granted and a.pid <> pg_backend_pid() order by a.xact_start limit 1`;
  const [row] = rows;
  return row ? `: ${row.application}, process ${row.pid}, for ${row.seconds} s` : '';
}
