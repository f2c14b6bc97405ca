import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { drainStream, type StreamMessage, streamState } from '@parley/kernel/event-store/read-stream';

export type Message = Pick<StreamMessage, 'subject' | 'bytes'>;

/** All messages of a stream. */
export async function messagesOf(nc: NatsConnection, stream: string): Promise<Message[]> {
  const { lastSeq } = await streamState(nc, stream);
  const messages: Message[] = [];
  for await (const batch of drainStream(nc, stream, 1, lastSeq)) messages.push(...batch.map(({ subject, bytes }) => ({ subject, bytes: Buffer.from(bytes) })));
  return messages;
}

/** What somebody with all rights over the server can do: makes the stream anew, of the same name and epoch, with other messages. */
export async function rewriteStream(nc: NatsConnection, stream: string, messages: readonly Message[]): Promise<void> {
  const jsm = await jetstreamManager(nc);
  const { config } = await jsm.streams.info(stream);
  await jsm.streams.delete(stream);
  await jsm.streams.add(config);
  const js = jetstream(nc);
  for (const { subject, bytes } of messages) await js.publish(subject, bytes);
}
