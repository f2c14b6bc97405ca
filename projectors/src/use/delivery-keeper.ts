import type { NatsConnection } from '@nats-io/nats-core';
import { DeliveryStat, deliverySubject, emptyLatencyCounts } from '@parley/contracts/wire/stats';
import type { Sql } from '@parley/kernel/stores/postgres';
import { logger } from '@parley/kernel/telemetry/log';

const saveEveryMs = 5_000;
/** Minutes of gateways that wait to be saved while the database is away; beyond, the oldest are let go. */
const waitingMax = 2_000;
const keptDays = 90;
const bytesMax = 4_096;

/**
 * Keeps what gateways tell of their deliveries, by minute, for 90 days. One of several projectors hears each message.
 * Best effort: what is in memory when a process dies is lost, and what it hears twice is counted twice.
 */
export class DeliveryKeeper {
  readonly #sql: Sql;
  readonly #log = logger('projectors');
  readonly #subscription: { unsubscribe(): void };
  readonly #timer: NodeJS.Timeout;
  #waiting = new Map<string, DeliveryStat>();
  #saving: Promise<void> = Promise.resolve();

  constructor(nc: NatsConnection, sql: Sql) {
    this.#sql = sql;
    this.#subscription = nc.subscribe(deliverySubject, { queue: 'projectors', callback: (error, message) => { if (!error) this.#hear(message.data); } });
    this.#timer = setInterval(() => { this.#saving = this.#saving.then(() => this.#save()); }, saveEveryMs);
  }

  #hear(bytes: Uint8Array): void {
    const stat = bytes.byteLength > bytesMax ? undefined : statOf(bytes);
    if (!stat) return;
    const key = `${stat.minute} ${stat.gateway}`;
    const counts = this.#waiting.get(key)?.counts ?? emptyLatencyCounts();
    this.#waiting.set(key, { ...stat, counts: stat.counts.map((count, bucket) => count + (counts[bucket] ?? 0)) });
    if (this.#waiting.size > waitingMax) this.#waiting.delete(this.#waiting.keys().next().value as string);
  }

  async #save(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const saved = this.#waiting;
    this.#waiting = new Map();
    const rows = [...saved.values()].map((stat) => ({ ...stat, frames: stat.counts.reduce((sum, count) => sum + count, 0) }));
    try {
      const sql = this.#sql;
      await sql`
        with gone as (delete from ops.delivery where minute < now() - make_interval(days => ${keptDays}))
        insert into ops.delivery as d (minute, gateway, frames, counts)
        select * from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as w(minute timestamptz, gateway text, frames bigint, counts bigint[])
        order by minute, gateway
        on conflict (minute, gateway) do update set frames = d.frames + excluded.frames, counts = ops.add_counts(d.counts, excluded.counts)`;
    } catch (error) {
      this.#log.debug({ err: error }, 'deliveries cannot be kept now');
      // What came meanwhile is newer; the bound above lets go of the oldest.
      for (const stat of saved.values()) this.#hear(Buffer.from(JSON.stringify(stat)));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription.unsubscribe();
    clearInterval(this.#timer);
    await this.#saving;
    await this.#save();
  }
}

function statOf(bytes: Uint8Array): DeliveryStat | undefined {
  try {
    return DeliveryStat.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
