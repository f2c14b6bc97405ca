import type { NatsConnection } from '@nats-io/transport-node';

const askEveryMs = 500;
const silentMsMax = 2_000;

/** Knows within some 2 s that NATS does not answer, which the connection itself notices only after missed pings of 10 s. */
export class NatsLink {
  readonly #nc: NatsConnection;
  readonly #timer: NodeJS.Timeout;
  /** Since when an answer is awaited. A process that slept awaited none, so its sleep is no silence. */
  #awaitedSinceMs: number | undefined;
  #isAsking = false;

  constructor(nc: NatsConnection) {
    this.#nc = nc;
    this.#timer = setInterval(() => this.#ask(), askEveryMs);
  }

  /** Why nothing can be sent now, or undefined. */
  trouble(): string | undefined {
    if (this.#nc.isClosed()) return 'the connection is closed';
    return this.#awaitedSinceMs !== undefined && performance.now() - this.#awaitedSinceMs > silentMsMax ? 'NATS does not answer' : undefined;
  }

  #ask(): void {
    if (this.#isAsking || this.#nc.isClosed()) return;
    this.#isAsking = true;
    this.#awaitedSinceMs ??= performance.now();
    // A lost connection rejects; it is asked again at the next beat, and the silence goes on.
    this.#nc.flush().then(() => { this.#awaitedSinceMs = undefined; }, () => {}).finally(() => { this.#isAsking = false; });
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
