import { setTimeout as pause } from 'node:timers/promises';
import { streamNames } from '@parley/contracts/wire/partition';
import { clockTrouble, skewOf } from '@parley/kernel/nats/clock';
import type { Sql } from '@parley/kernel/stores/postgres';
import { logger } from '@parley/kernel/telemetry/log';
import type { Lane } from '../question.ts';

const channel = 'parley_checkpoint';
/** Told when other rows than before are read: after all moves of the old ones that came earlier, before all later ones. */
const generationChannel = 'parley_generation';

const pollEveryMs = 1_000;
const askAgainAfterMs = 100;
const readMsMax = 1_000;
const unreachableAfterMs = 5_000;
const waitersMax = 5_000;
/** A projector tells of itself every 2 s. */
const silentAfterSeconds = 8;
const behindAfterSeconds = 5;
/** Gateways use a token of a minute for half of it. */
const skewMsMax = 20_000;

export type Target = Lane & { readonly seq: number };
type Waiter = { readonly targets: readonly Target[]; readonly done: (reached: boolean) => void };

type Row = { readonly projection: string; readonly generation: number; readonly activated: number | null; readonly stream: string; readonly seq: number };
/** Which generation of a projection's rows is read, and since when (ms since 1970). */
type Read = { readonly generation: number; readonly activated: number };

const keyOf = (projection: string, generation: number, stream: number): string => `${projection} ${generation} ${stream}`;

/**
 * How far each projection is on each stream, told by the projectors through NOTIFY and read again each second, so that
 * a lost notification costs a second at most.
 */
export class Checkpoints {
  readonly #sql: Sql;
  readonly #log = logger('query-service');
  /** Of all generations, read or not: whichever is read next is known already. */
  readonly #seqs = new Map<string, number>();
  readonly #read = new Map<string, Read>();
  readonly #waiters = new Set<Waiter>();
  #epoch = 'none';
  #readAtMs = Number.NEGATIVE_INFINITY;
  /** How far this host's clock is from the database's, positive when ahead. */
  #skewMs = 0;
  /** Why the last reading failed. */
  #fault: string | undefined;
  #degraded: string | undefined = 'not known yet';
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();
  #asking: Promise<void> | undefined;
  #listening = false;
  #closed = false;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#poll();
  }

  /** Epoch of the log that the rows were made of; `none` before any. */
  get epoch(): string {
    return this.#epoch;
  }
  at(projection: Lane['projection'], stream: number): number {
    const read = this.#read.get(projection);
    return read ? (this.#seqs.get(keyOf(projection, read.generation, stream)) ?? 0) : 0;
  }

  /**
   * Whether the rows are of the log with this epoch. Where they are not as far as is known, it is read again before that
   * is said: in the first second of a workspace nobody had noted it yet. All who ask meanwhile share one reading.
   */
  async isOf(epoch: string): Promise<boolean> {
    if (epoch === this.#epoch) return true;
    this.#asking ??= this.#readAgain().finally(() => { this.#asking = undefined; });
    await atMost(readMsMax, this.#asking);
    return epoch === this.#epoch;
  }

  /** Ten times a second at most: cursors of a log of before may come by the thousand. */
  async #readAgain(): Promise<void> {
    await pause(Math.max(0, this.#readAtMs + askAgainAfterMs - performance.now()));
    await this.#readAll();
  }

  /** Resolves when the first reading ended, well or not, or after a second: before that nothing is known of any row. */
  firstRead(): Promise<void> {
    return atMost(readMsMax, this.#polling);
  }

  /** Why the read models are not to be trusted with readiness: they cannot be read. */
  trouble(): string | undefined {
    return performance.now() - this.#readAtMs > unreachableAfterMs ? `the read models cannot be read${this.#fault === undefined ? '' : `: ${this.#fault}`}` : undefined;
  }
  /** Why callers may be taken for late, or for no longer who they are: their tokens live for a minute by this host's clock. */
  clockTrouble(): string | undefined {
    return clockTrouble(this.#skewMs, { whose: 'the database’s', msMax: skewMsMax });
  }
  /** Why answers may be old though they are answers: projectors missing or more than 5 s behind. */
  degraded(): string | undefined {
    return this.#degraded;
  }

  /** True once every target is reached, false after `waitMs` or when too many wait already. */
  reached(targets: readonly Target[], waitMs: number): Promise<boolean> {
    if (this.#isReached(targets)) return Promise.resolve(true);
    if (this.#waiters.size >= waitersMax) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (reached: boolean): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve(reached);
      };
      const waiter: Waiter = { targets, done };
      const timer = setTimeout(done, waitMs, false);
      this.#waiters.add(waiter);
    });
  }

  #isReached(targets: readonly Target[]): boolean {
    return targets.every(({ projection, stream, seq }) => this.at(projection, stream) >= seq);
  }

  #wake(): void {
    for (const waiter of this.#waiters) if (this.#isReached(waiter.targets)) waiter.done(true);
  }

  #heard(payload: string): void {
    const [projection = '', generation, stream = '', seq] = payload.split(' ');
    const index = streamNames.indexOf(stream);
    if (index < 0) return;
    const key = keyOf(projection, Number(generation), index);
    // Two transactions' notifications keep their order, and a generation's checkpoint never goes back.
    this.#seqs.set(key, Math.max(this.#seqs.get(key) ?? 0, Number(seq)));
    if (this.#waiters.size > 0) this.#wake();
  }

  #poll(): void {
    this.#polling = this.#readAll()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        if (!this.#closed) this.#timer = setTimeout(() => this.#poll(), pollEveryMs);
      });
  }

  /** Said once, however long it lasts. */
  #failed(error: unknown): void {
    const fault = error instanceof Error ? error.message : String(error);
    if (fault !== this.#fault) this.#log.warn({ err: error }, 'the checkpoints cannot be read');
    this.#fault = fault;
  }

  /** `<projection> <generation> <ms since 1970>`; an empty one tells that generations changed which are not read. */
  #switched(payload: string): void {
    const [projection = '', generation, activated] = payload.split(' ');
    const before = this.#read.get(projection);
    if (projection === '' || (before && before.activated >= Number(activated))) return;
    this.#read.set(projection, { generation: Number(generation), activated: Number(activated) });
    this.#wake();
  }

  async #readAll(): Promise<void> {
    const askedAt = Date.now();
    const [rows, logs, projectors] = await Promise.all([
      this.#sql<Row[]>`
        select c.projection, c.generation, c.stream, c.seq, case g.state when 'active' then (extract(epoch from g.activated_at) * 1000)::float8 end as activated
        from ops.checkpoint c join ops.generation g using (projection, generation)`,
      this.#sql<{ epoch: string | null; now: number }[]>`select (select epoch from ops.log) as epoch, (extract(epoch from clock_timestamp()) * 1000)::float8 as now`,
      this.#sql<{ lanes: number; wanted: number; lag: number; trouble: string | null }[]>`
        select coalesce(sum(lanes), 0)::int as lanes, coalesce(max(wanted), 1)::int as wanted, coalesce(max(lag_seconds), 0)::float8 as lag, max(trouble) as trouble
        from ops.projector where heartbeat_at > now() - make_interval(secs => ${silentAfterSeconds})`,
    ]);
    const { epoch: noted, now } = logs[0]!;
    this.#skewMs = skewOf(askedAt, Date.now(), now);
    const epoch = noted ?? 'none';
    this.#epoch = epoch;
    for (const { projection, generation, activated, stream, seq } of rows) {
      this.#heard(`${projection} ${generation} ${stream} ${seq}`);
      if (activated !== null) this.#switched(`${projection} ${generation} ${activated}`);
    }
    this.#forget(rows);
    this.#readAtMs = performance.now();
    this.#fault = undefined;
    this.#degraded = degradationOf(projectors[0]!);
    if (!this.#listening) await this.#listen();
  }

  /** Of generations that are gone. */
  #forget(rows: readonly Row[]): void {
    const there = new Set(rows.map(({ projection, generation }) => `${projection} ${generation} `));
    for (const key of this.#seqs.keys()) if (!there.has(key.slice(0, key.lastIndexOf(' ') + 1))) this.#seqs.delete(key);
  }

  /** The client listens again by itself whenever its connection was renewed. */
  async #listen(): Promise<void> {
    // Two readings at once are one too many to listen for.
    this.#listening = true;
    try {
      await this.#sql.listen(generationChannel, (payload) => this.#switched(payload));
      await this.#sql.listen(channel, (payload) => this.#heard(payload));
    } catch (error) {
      this.#listening = false;
      this.#log.warn({ err: error }, 'notifications cannot be had; asking each second instead');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#polling;
    clearTimeout(this.#timer);
    for (const waiter of this.#waiters) waiter.done(false);
  }
}

/** Resolves when the work ended, well or not, or after so long. */
async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const waited = new AbortController();
  await Promise.race([work.catch(() => {}), pause(ms, undefined, { signal: waited.signal }).catch(() => {})]);
  waited.abort();
}

function degradationOf({ lanes, wanted, lag, trouble }: { lanes: number; wanted: number; lag: number; trouble: string | null }): string | undefined {
  if (lanes === 0) return `no projector is at work${trouble === null ? '' : `: ${trouble}`}`;
  if (lanes < wanted) return `projectors work on ${lanes} of ${wanted} streams${trouble === null ? '' : `: ${trouble}`}`;
  if (lag > behindAfterSeconds) return `a projection is ${Math.round(lag)} s behind`;
  return undefined;
}
