import { emptyLatencyCounts, latencyBucketOf } from '@parley/contracts/wire/stats';
import type { Sql } from '@parley/kernel/stores/postgres';
import { logger } from '@parley/kernel/telemetry/log';

const saveEveryMs = 10_000;
/** Questions by hour and outcome that wait while the database is away; beyond, no new ones are begun. */
const waitingMax = 500;
const keptDays = 400;
const hourMs = 3_600_000;

type Row = { readonly hour: string; readonly question: string; readonly outcome: string; asked: number; empty: number; readonly counts: number[] };

/**
 * Counts what people ask, by hour, question and outcome, with the time it took; never what they asked for. Kept in
 * memory and added to the database every ten seconds, best effort: a process that dies takes the last seconds along.
 */
export class QueryUse {
  readonly #sql: Sql;
  readonly #nowMs: () => number;
  readonly #timer: NodeJS.Timeout;
  #waiting = new Map<string, Row>();
  #saving: Promise<void> = Promise.resolve();

  constructor(sql: Sql, nowMs: () => number = Date.now) {
    this.#sql = sql;
    this.#nowMs = nowMs;
    this.#timer = setInterval(() => { this.#saving = this.#saving.then(() => this.save()); }, saveEveryMs);
    this.#timer.unref();
  }

  /** One question was answered in `tookMs`. `outcome`: `ok`, or the problem's code. `empty`: nothing was found. */
  count(question: string, outcome: string, tookMs: number, empty: boolean): void {
    const now = this.#nowMs();
    const hour = new Date(now - (now % hourMs)).toISOString();
    const key = `${hour} ${question} ${outcome}`;
    let row = this.#waiting.get(key);
    if (!row) {
      if (this.#waiting.size >= waitingMax) return;
      this.#waiting.set(key, (row = { hour, question, outcome, asked: 0, empty: 0, counts: emptyLatencyCounts() }));
    }
    row.asked += 1;
    if (empty) row.empty += 1;
    const bucket = latencyBucketOf(tookMs);
    row.counts[bucket] = (row.counts[bucket] ?? 0) + 1;
  }

  /** Adds what was counted to the database; keeps it for the next time when that fails. Never throws. */
  async save(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const saved = this.#waiting;
    this.#waiting = new Map();
    try {
      const sql = this.#sql;
      await sql`
        with gone as (delete from ops.query_use where hour < now() - make_interval(days => ${keptDays}))
        insert into ops.query_use as u (hour, question, outcome, asked, empty, counts)
        select * from jsonb_to_recordset(${JSON.stringify([...saved.values()])}::text::jsonb)
          as w(hour timestamptz, question text, outcome text, asked bigint, empty bigint, counts bigint[])
        order by hour, question, outcome
        on conflict (hour, question, outcome) do update
          set asked = u.asked + excluded.asked, empty = u.empty + excluded.empty, counts = ops.add_counts(u.counts, excluded.counts)`;
    } catch (error) {
      logger('query-service').debug({ err: error }, 'the use of questions cannot be kept now');
      this.#merge(saved);
    }
  }

  #merge(older: ReadonlyMap<string, Row>): void {
    for (const [key, row] of older) {
      const newer = this.#waiting.get(key);
      if (!newer) {
        this.#waiting.set(key, row);
        continue;
      }
      newer.asked += row.asked;
      newer.empty += row.empty;
      row.counts.forEach((count, bucket) => { newer.counts[bucket] = (newer.counts[bucket] ?? 0) + count; });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#saving;
    await this.save();
  }
}

/** Whether an answer is a list, and nothing is in it. */
export function isEmptyAnswer(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return false;
  const lists = Object.values(data).filter((value) => Array.isArray(value));
  return lists.length > 0 && lists.every((list) => list.length === 0);
}
