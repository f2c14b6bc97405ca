import type { Sql } from '@parley/kernel/stores/postgres';
import { logger } from '@parley/kernel/telemetry/log';
import { checkpointChannel } from '../runner/checkpoint.ts';

const pollEveryMs = 500;

/**
 * How far the rows of conversations are on each stream, and a way to wait for it: told by NOTIFY, read again twice a
 * second while somebody waits. A hint: other rows may be read from one moment to the next.
 */
export class ConversationsAt {
  readonly #sql: Sql;
  readonly #seqs = new Map<string, number>();
  readonly #waiters = new Set<{ readonly stream: string; readonly seq: number; readonly done: () => void }>();
  #timer: NodeJS.Timeout | undefined;
  #polling = false;
  #listening: Promise<unknown> | undefined;
  #stop: (() => Promise<void>) | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#timer = setInterval(() => { this.#poll(); }, pollEveryMs);
    this.#listening = sql.listen(checkpointChannel, (payload) => this.#heard(payload)).then(
      (listening) => { this.#stop = () => listening.unlisten(); },
      (error: unknown) => logger('projectors').warn({ err: error }, 'search asks for checkpoints instead of being told'),
    );
  }

  /** How far they are, as far as is known; 0 before anything was told. */
  at(stream: string): number {
    return this.#seqs.get(stream) ?? 0;
  }

  /** Resolves when the rows have reached `seq` of the stream, or the signal aborts. */
  reached(stream: string, seq: number, signal: AbortSignal): Promise<void> {
    if (this.at(stream) >= seq || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const waiter = { stream, seq, done };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', done);
      // Nothing was told of this stream yet, and nothing may be told for long.
      if (!this.#seqs.has(stream)) this.#poll();
    });
  }

  #heard(payload: string): void {
    const [projection, , stream = '', seq] = payload.split(' ');
    if (projection === 'conversations') this.#moved(stream, Number(seq));
  }

  #moved(stream: string, seq: number): void {
    this.#seqs.set(stream, Math.max(this.#seqs.get(stream) ?? 0, seq));
    for (const waiter of this.#waiters) if (waiter.stream === stream && waiter.seq <= seq) waiter.done();
  }

  #poll(): void {
    if (this.#waiters.size === 0 || this.#polling) return;
    this.#polling = true;
    const sql = this.#sql;
    sql<{ stream: string; seq: number }[]>`select stream, seq from ops.active_checkpoint where projection = 'conversations'`.then(
      (rows) => { for (const { stream, seq } of rows) this.#moved(stream, seq); },
      () => {},
    ).finally(() => { this.#polling = false; });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#listening;
    await this.#stop?.().catch(() => {});
    for (const waiter of this.#waiters) waiter.done();
  }
}
