import type { Sql } from '@parley/kernel/stores/postgres';
import { logger } from '@parley/kernel/telemetry/log';

const lookEveryMs = 5_000;

/**
 * Ends sessions of analysts that work for longer than `secondsMax`, every five seconds: what a session begins with
 * (statement_timeout) it may change itself, and the chat's database must not depend on its manners.
 */
export class AnalystWatch {
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> = Promise.resolve();

  constructor(sql: Sql, secondsMax: number) {
    const log = logger('projectors');
    const look = async (): Promise<void> => {
      const [row] = await sql<{ ended: number }[]>`select ops.end_long_analyses(${secondsMax}) as ended`;
      if (row && row.ended > 0) log.warn({ sessions: row.ended, secondsMax }, 'ended sessions of analysts that worked too long');
    };
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(look).catch((error: unknown) => log.debug({ err: error }, 'analysts cannot be looked after now'));
    }, lookEveryMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }
}
