import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { messagesOf, rewriteStream } from '@parley/tests/harness/rewrite-stream';

/** Puts a stream back to what it was at `seq`, as an operator would from a copy; `epoch`: what a restore gives it. */
export async function restoreStream(nc: NatsConnection, stream: string, seq: number, epoch: string | undefined): Promise<void> {
  const { config } = await (await jetstreamManager(nc)).streams.info(stream);
  const copy = (await messagesOf(nc, stream)).slice(0, seq);
  await rewriteStream(nc, stream, copy, epoch === undefined ? {} : { metadata: { ...config.metadata, epoch } });
}
