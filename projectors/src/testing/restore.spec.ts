import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { drainStream } from '@parley/kernel/event-store/read-stream';

/** Puts a stream back to what it was at `seq`, as an operator would from a copy; `epoch`: what a restore gives it. */
export async function restoreStream(nc: NatsConnection, stream: string, seq: number, epoch: string | undefined): Promise<void> {
  const jsm = await jetstreamManager(nc);
  const copy: { subject: string; bytes: Uint8Array }[] = [];
  for await (const batch of drainStream(nc, stream, 1, seq)) copy.push(...batch);
  const { config } = await jsm.streams.info(stream);
  await jsm.streams.delete(stream);
  await jsm.streams.add({ ...config, metadata: { ...config.metadata, ...(epoch !== undefined && { epoch }) } });
  for (const { subject, bytes } of copy) await jetstream(nc).publish(subject, bytes);
}
