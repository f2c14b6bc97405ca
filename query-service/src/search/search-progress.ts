import { streamNames } from '@parley/contracts/wire/partition';
import { searchChannel } from '@parley/kernel/search/position';
import type { Sql } from '@parley/kernel/stores/postgres';
import { logger } from '@parley/kernel/telemetry/log';

const pollEveryMs = 1_000;

/** How far the index is on each event stream: told by the indexer through NOTIFY, and read again each second. */
export class SearchProgress {
  readonly #sql: Sql;
  readonly #target: string;
  readonly #seqs = new Map<string, number>();
  readonly #waiters = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #isListening = false;
  #isClosed = false;

  constructor(sql: Sql, target: string) {
    this.#sql = sql;
    this.#target = target;
    this.#poll();
  }

  /** Whether every stream (index into `streamNames`) has reached its sequence, at the latest after `waitMs`. */
  reached(targets: readonly { readonly stream: number; readonly seq: number }[], waitMs: number): Promise<boolean> {
    const isReached = (): boolean => targets.every(({ stream, seq }) => (this.#seqs.get(streamNames[stream]!) ?? 0) >= seq);
    if (isReached()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const look = (): void => { if (isReached()) done(true); };
      const done = (reached: boolean): void => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve(reached);
      };
      const timer = setTimeout(done, waitMs, false);
      this.#waiters.add(look);
    });
  }

  #moved(stream: string, seq: number): void {
    this.#seqs.set(stream, seq);
  }

  #wake(): void {
    for (const look of this.#waiters) look();
  }

  #poll(): void {
    this.#reading = this.#read()
      .catch((error: unknown) => logger('query-service').debug({ err: error }, 'the search positions cannot be read'))
      .finally(() => {
        if (!this.#isClosed) this.#timer = setTimeout(() => this.#poll(), pollEveryMs);
      });
  }

  async #read(): Promise<void> {
    const rows = await this.#sql<{ stream: string; seq: number }[]>`select stream, seq from search.position where target = ${this.#target}`;
    for (const { stream, seq } of rows) this.#moved(stream, seq);
    this.#wake();
    if (this.#isListening) return;
    await this.#sql.listen(searchChannel, (payload) => {
      const [target, stream = '', seq] = payload.split(' ');
      if (target !== this.#target) return;
      this.#moved(stream, Number(seq));
      this.#wake();
    });
    this.#isListening = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#reading;
    clearTimeout(this.#timer);
  }
}
