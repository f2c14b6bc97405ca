import type { NatsConnection } from '@nats-io/transport-node';
import type { Position } from '@parley/contracts/envelope/commit';
import { streamNames } from '@parley/contracts/wire/partition';
import { type Epochs, readEpochs } from '@parley/kernel/nats/epochs';
import { logger } from '@parley/kernel/telemetry/log';

/** The epochs of the log as this process knows them, read again when an answer carries another. */
export class LogEpochs {
  readonly #nc: NatsConnection;
  #known: Epochs;

  private constructor(nc: NatsConnection, known: Epochs) {
    this.#nc = nc;
    this.#known = known;
  }

  static async read(nc: NatsConnection): Promise<LogEpochs> {
    return new LogEpochs(nc, await readEpochs(nc));
  }

  get now(): Epochs {
    return this.#known;
  }

  /** A cursor's epoch for something at `position`. */
  async combined({ stream, epoch }: Position): Promise<string> {
    if (this.#known.streams[streamNames.indexOf(stream)] !== epoch) {
      try {
        this.#known = await readEpochs(this.#nc);
      } catch (error) {
        logger('gateway').warn({ err: error }, 'the epochs of the log cannot be read');
      }
    }
    return this.#known.combined;
  }
}
