import type { NatsConnection } from '@nats-io/transport-node';
import { deliverySubject, emptyLatencyCounts, latencyBucketOf, type DeliveryStat } from '@parley/contracts/wire/stats';

const tellEveryMs = 10_000;
const minuteMs = 60_000;

/**
 * Counts how long commits took to the sockets and tells it every ten seconds to whoever keeps such things. Nobody
 * waits for it and nothing is kept for later: what is not heard is lost.
 */
export class DeliveryTally {
  readonly #nc: Pick<NatsConnection, 'publish'>;
  readonly #gateway: string;
  readonly #timer: NodeJS.Timeout;
  #minute = 0;
  #counts = emptyLatencyCounts();
  #any = false;

  constructor(nc: Pick<NatsConnection, 'publish'>, gateway: string) {
    this.#nc = nc;
    this.#gateway = gateway;
    this.#timer = setInterval(() => this.tell(), tellEveryMs);
    this.#timer.unref();
  }

  /** One frame left at `nowMs` (milliseconds since 1970), `tookMs` after its commit was stored. */
  count(tookMs: number, nowMs: number): void {
    const minute = nowMs - (nowMs % minuteMs);
    if (minute !== this.#minute) {
      this.tell();
      this.#minute = minute;
    }
    const bucket = latencyBucketOf(tookMs);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#any = true;
  }

  /** Tells what was counted since the last time. */
  tell(): void {
    if (!this.#any) return;
    const stat: DeliveryStat = { gateway: this.#gateway.slice(0, 64), minute: new Date(this.#minute).toISOString(), counts: this.#counts };
    this.#counts = emptyLatencyCounts();
    this.#any = false;
    try {
      this.#nc.publish(deliverySubject, JSON.stringify(stat));
    } catch {
      // The connection is closed: the process ends.
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.tell();
  }
}
