import { type KV, Kvm } from '@nats-io/kv';
import { jetstreamManager } from '@nats-io/jetstream';
import { streamNames } from '@parley/contracts/wire/partition';
import type { NatsConnection } from '@parley/kernel/nats/connect';
import { z } from 'zod';

const Position = z.object({ epoch: z.string(), seq: z.int().min(0) });
export type ReadPosition = z.infer<typeof Position>;

/** How far a reactor has read each stream; losing it costs a reading from the beginning. */
export type Positions = {
  read(stream: string): Promise<ReadPosition | undefined>;
  write(stream: string, position: ReadPosition): Promise<void>;
};

const bucketName = 'REACTORS';

/** Positions of one reactor in the bucket REACTORS, made with as many replicas as the log has. */
export async function openPositions(nc: NatsConnection, reactor: string): Promise<Positions> {
  const jsm = await jetstreamManager(nc);
  const { config } = await jsm.streams.info(streamNames[0] as string);
  const bucket: KV = await new Kvm(nc).create(bucketName, { history: 1, replicas: config.num_replicas, description: 'How far each reactor has read' });
  const last = new Map<string, string>();
  return {
    async read(stream) {
      const entry = await bucket.get(`${reactor}.${stream}`);
      const parsed = entry?.operation === 'PUT' ? Position.safeParse(safeJson(entry.string())) : undefined;
      return parsed?.success ? parsed.data : undefined;
    },
    async write(stream, position) {
      const text = JSON.stringify(position);
      if (last.get(stream) === text) return;
      await bucket.put(`${reactor}.${stream}`, text);
      last.set(stream, text);
    },
  };
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
