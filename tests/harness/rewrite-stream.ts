import { jetstream, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { until } from '@parley/dev/until';
import { drainStream, type StreamMessage, streamState } from '@parley/kernel/event-store/read-stream';

export type Message = Pick<StreamMessage, 'subject' | 'bytes'>;

/** All messages of a stream. */
export async function messagesOf(nc: NatsConnection, stream: string): Promise<Message[]> {
  const { lastSeq } = await streamState(nc, stream);
  const messages: Message[] = [];
  for await (const batch of drainStream(nc, stream, 1, lastSeq)) messages.push(...batch.map(({ subject, bytes }) => ({ subject, bytes: Buffer.from(bytes) })));
  return messages;
}

/**
 * What somebody with all rights over the server can do: makes the stream anew, of the same name, with other messages
 * (and `changes` of its configuration; the epoch stays otherwise).
 */
export async function rewriteStream(nc: NatsConnection, stream: string, messages: readonly Message[], changes: Partial<StreamConfig> = {}): Promise<void> {
  const jsm = await jetstreamManager(nc);
  const { config } = await jsm.streams.info(stream);
  // NATS 2.15 answers that a stream is gone before its files are: one of the same name made at once may hold the old messages.
  await until(`an empty ${stream}`, async () => {
    await jsm.streams.delete(stream).catch(() => false);
    return (await jsm.streams.add({ ...config, ...changes })).state.last_seq === 0;
  });
  const js = jetstream(nc);
  for (const { subject, bytes } of messages) await js.publish(subject, bytes);
}
