import { fnv1a32 } from '@parley/contracts/wire/partition';
import { openPostgres, type Sql } from '@parley/kernel/stores/postgres';
import { logger } from '@parley/kernel/telemetry/log';

const everyMs = 1_000;
const toldAfterMs = 3_000;
/** First half of the two-part lock key: these locks and no others. */
const lockSpace = 0x7061726c;

const keyOf = (name: string): number => fnv1a32(name) | 0;

/** Whether somebody, anywhere, owns each of these names. */
export async function areOwned(sql: Sql, names: readonly string[]): Promise<boolean> {
  const [row] = await sql<{ owned: number }[]>`
    select count(distinct objid)::int as owned from pg_locks
    where locktype = 'advisory' and granted and classid = ${lockSpace}::bigint::oid and objsubid = 2
      and objid::bigint in (select w::bigint & 4294967295 from json_array_elements_text(${JSON.stringify(names.map(keyOf))}::text::json) w)`;
  return row!.owned === new Set(names.map(keyOf)).size;
}

type Wish = { readonly key: number; readonly onChange: (held: boolean) => void; held: boolean };

/**
 * Which of several processes works on what: one PostgreSQL session holds an advisory lock per name. Only economy
 * rests on it: two workers on one stream are kept correct by the checkpoint. Asked again each second, so a process
 * that dies is replaced within a second or two of its session's end.
 */
export class Ownership {
  readonly #sql: Sql;
  readonly #wishes = new Map<string, Wish>();
  readonly #log = logger('projectors');
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #closed = false;
  #asking = false;
  #again = false;
  #failingSinceMs: number | undefined;

  constructor(databaseUrl: string, instance: string) {
    this.#sql = openPostgres(databaseUrl, { max: 1, name: `parley-projectors-locks-${instance}` });
  }

  /** Wants the lock `name`. Resolves with true once this process has it, and aborts `lost` when it does not any more; with false when `ended` aborts first. */
  own(name: string, ended: AbortSignal, lost: AbortController): Promise<boolean> {
    return new Promise((resolve) => {
      if (ended.aborted) return resolve(false);
      const end = (): void => resolve(false);
      ended.addEventListener('abort', end);
      const onChange = (held: boolean): void => {
        ended.removeEventListener('abort', end);
        if (held) resolve(true);
        else lost.abort();
      };
      this.#wishes.set(name, { key: keyOf(name), onChange, held: false });
      this.ask();
    });
  }

  /**
   * Gives the lock back and wants it no more. Nobody waits for that: what is asked for later is asked over the same
   * session, behind it, and where the database is away the lock went with the session.
   */
  release(name: string): void {
    const wish = this.#wishes.get(name);
    this.#wishes.delete(name);
    if (wish?.held) this.#sql`select pg_advisory_unlock(${lockSpace}, ${wish.key})`.catch(() => {});
  }

  /** Asks now instead of at the next second. */
  ask(): void {
    this.#again = true;
    if (!this.#asking) this.#schedule(0);
  }

  #schedule(afterMs: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#asking = true;
      this.#again = false;
      this.#round = this.#askAll().finally(() => {
        this.#asking = false;
        this.#schedule(this.#again ? 0 : everyMs);
      });
    }, afterMs);
  }

  /** Why nobody can own anything now, or undefined. */
  trouble(): string | undefined {
    const failing = this.#failingSinceMs !== undefined && performance.now() - this.#failingSinceMs > toldAfterMs;
    return failing ? 'the database of the read models cannot be reached' : undefined;
  }

  async #askAll(): Promise<void> {
    const wishes = [...this.#wishes.values()];
    if (wishes.length === 0) return;
    try {
      const rows = await this.#sql<{ key: number; held: boolean }[]>`
        with mine as (select objid::bigint as objid from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and classid = ${lockSpace}::bigint::oid and objsubid = 2)
        select w.key, case when exists (select 1 from mine where objid = w.key::bigint & 4294967295) then true else pg_try_advisory_lock(${lockSpace}, w.key) end as held
        from json_to_recordset(${JSON.stringify(wishes.map(({ key }) => ({ key })))}::text::json) as w(key int)`;
      if (this.#failingSinceMs !== undefined) this.#log.info('the locks can be asked for again');
      this.#failingSinceMs = undefined;
      const held = new Map(rows.map((row) => [row.key, row.held]));
      for (const wish of wishes) this.#tell(wish, held.get(wish.key) ?? false);
    } catch (error) {
      if (this.#failingSinceMs === undefined) this.#log.warn({ err: error }, 'the locks cannot be asked for');
      this.#failingSinceMs ??= performance.now();
      // The session may be gone and with it the locks; another process may have them.
      for (const wish of wishes) this.#tell(wish, false);
    }
  }

  #tell(wish: Wish, held: boolean): void {
    if (wish.held === held) return;
    wish.held = held;
    wish.onChange(held);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    // First this: the question of the round may be waiting for a database that is away.
    await this.#sql.end({ timeout: 2 });
    await this.#round;
  }
}
