import { createHash } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { streamNames } from '@parley/contracts/wire/partition';
import { newEpoch, ProvisionError } from './provision.ts';

/** The epoch of every stream (order of `streamNames`) and one for all together: a cursor's. */
export type Epochs = { readonly streams: readonly string[]; readonly combined: string };

/**
 * Reads the epochs of the log. A stream has one since its creation, and gets another when it is restored, because
 * sequences after a restore may name other commits than before. Throws ProvisionError for a stream without one, or none.
 */
export async function readEpochs(nc: NatsConnection): Promise<Epochs> {
  const jsm = await jetstreamManager(nc);
  const streams = await Promise.all(
    streamNames.map(async (name) => {
      const info = await jsm.streams.info(name).catch((error: unknown) => {
        if ((error as { name?: string }).name !== 'StreamNotFoundError') throw error;
        throw new ProvisionError(`NATS holds no stream ${name}: is it the right server and account? parley doctor --fix makes what is missing.`, { cause: error });
      });
      const epoch = info.config.metadata?.['epoch'];
      if (epoch === undefined) throw new ProvisionError(`Stream ${name} has no epoch: it was not created by Parley.`);
      return epoch;
    }),
  );
  return { streams, combined: combine(streams) };
}

/** Gives every stream a new epoch: the last step of a restore, before any service starts. */
export async function renewEpochs(nc: NatsConnection): Promise<Epochs> {
  const jsm = await jetstreamManager(nc);
  for (const name of streamNames) {
    const { config } = await jsm.streams.info(name);
    await jsm.streams.update(name, { metadata: { ...config.metadata, epoch: newEpoch() } });
  }
  return readEpochs(nc);
}

/** Eight hexadecimal characters that change with any stream's epoch. */
function combine(streams: readonly string[]): string {
  return createHash('sha256').update(streams.join(',')).digest('hex').slice(0, 8);
}
