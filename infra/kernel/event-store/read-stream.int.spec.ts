import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { startNats } from '@parley/dev/servers/nats';
import { until } from '@parley/dev/until';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LogUnavailable } from './event-log.ts';
import { drainStream, followStream, type StreamMessage, streamState } from './read-stream.ts';

let dir: string;
let server: Awaited<ReturnType<typeof startNats>>;
let nc: NatsConnection;
let made = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-es-'));
  server = await startNats({ dir });
  nc = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
});
afterAll(async () => {
  await nc.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

/** A new stream with `count` messages of `size` bytes, whose first four bytes are their sequence. */
async function stream(count: number, size = 100) {
  made += 1;
  const name = `S${made}`;
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({ name, subjects: [`s${made}.>`], metadata: { epoch: 'abcd1234' } });
  const subject = (seq: number) => `s${name.slice(1)}.${seq % 7}`;
  const publish = async (from: number, to: number) => {
    for (let at = from; at <= to; at += 500) {
      await Promise.all(Array.from({ length: Math.min(500, to - at + 1) }, (_, index) => jsm.jetstream().publish(subject(at + index), numbered(at + index, size))));
    }
  };
  await publish(1, count);
  return { name, publish, jsm, subject };
}
const numbered = (seq: number, size: number) => {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt32BE(seq);
  return bytes;
};
const numberIn = ({ bytes }: StreamMessage) => Buffer.from(bytes).readUInt32BE();
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('drainStream', () => {
  test('yields exactly the range, in order, with subject and time', async () => {
    const { name, subject } = await stream(3_000);
    const seen: StreamMessage[] = [];
    for await (const batch of drainStream(nc, name, 11, 2_990)) seen.push(...batch);
    expect(seen.map(({ seq }) => seq)).toEqual(from(11, 2_990));
    expect(seen.map(numberIn)).toEqual(from(11, 2_990));
    expect(seen[0]?.subject).toBe(subject(11));
    expect(Math.abs((seen[0]?.storedAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  test('bounds a batch by messages and by bytes, though a larger message passes alone', async () => {
    const { name } = await stream(300, 1_000);
    for await (const batch of drainStream(nc, name, 1, 300, { batchMessagesMax: 7 })) expect(batch.length).toBeLessThanOrEqual(7);
    for await (const batch of drainStream(nc, name, 1, 300, { batchBytesMax: 2_500 })) expect(batch.length).toBeLessThanOrEqual(2);
    for await (const batch of drainStream(nc, name, 1, 300, { batchBytesMax: 10 })) expect(batch.length).toBe(1);
  });

  test('passes over deleted messages, even when the rest of the range is gone', async () => {
    const { name, jsm } = await stream(20);
    for (const seq of [5, 18, 19, 20]) await jsm.streams.deleteMessage(name, seq);
    const seen: number[] = [];
    for await (const batch of drainStream(nc, name, 1, 20)) seen.push(...batch.map(({ seq }) => seq));
    expect(seen).toEqual(from(1, 17).filter((seq) => seq !== 5));
  });

  test('yields nothing for an empty range', async () => {
    const { name } = await stream(3);
    for await (const _ of drainStream(nc, name, 4, 3)) expect.unreachable();
  });
});

describe('followStream', () => {
  test('goes on without gap or repetition while the server is killed and its consumers are deleted', async () => {
    const { name, publish, jsm } = await stream(1_000);
    const seen: number[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      for await (const batch of followStream(nc, name, 1, { signal: stop.signal })) seen.push(...batch.map(({ seq }) => seq));
    })();
    await until('the first thousand', () => seen.length >= 1_000);
    for await (const consumer of jsm.consumers.list(name)) await jsm.consumers.delete(name, consumer.name);
    await publish(1_001, 1_500);
    await until('what came after its consumer was deleted', () => seen.length >= 1_500);
    await server.kill('SIGKILL');
    await server.restart();
    await until('the server to take messages', async () => (await jsm.streams.info(name)).state.last_seq >= 1_500);
    await publish(1_501, 2_000);
    await until('what came after the restart', () => seen.length >= 2_000);
    stop.abort();
    await reading;
    expect(seen).toEqual(from(1, 2_000));
  });

  test('does not wait for what it asked a server that is gone', async () => {
    const { name, subject } = await stream(10);
    const seen: number[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      for await (const batch of followStream(nc, name, 1, { signal: stop.signal })) seen.push(...batch.map(({ seq }) => seq));
    })();
    await until('the first ten', () => seen.length >= 10);
    await server.kill('SIGKILL');
    // Longer than two heartbeats: it has noticed, and its question for a new consumer went nowhere.
    await pause(3_500);
    await server.restart();
    const other = await connect({ servers: server.url });
    const js = (await jetstreamManager(other)).jetstream();
    for (const seq of from(11, 20)) await js.publish(subject(seq), numbered(seq, 100));
    await other.close();
    // The question times out after 5 s; a gateway that is blind so long has to send its readers away.
    await until('what came after the restart', () => seen.length >= 20, { timeoutMs: 1_000 });
    stop.abort();
    await reading;
    expect(seen).toEqual(from(1, 20));
  });

  test('keeps at most one pull while its reader is busy, and misses nothing', async () => {
    const { name, publish } = await stream(1);
    const seen: number[] = [];
    for await (const batch of followStream(nc, name, 1)) {
      seen.push(...batch.map(({ seq }) => seq));
      if (seen.length === 1) await publish(2, 9_000);
      if (seen.length >= 9_000) break;
    }
    expect(seen).toEqual(from(1, 9_000));
  });

  test('says so when there is no such stream, or the connection was closed', async () => {
    await expect(followStream(nc, 'NONE', 1).next()).rejects.toThrow(LogUnavailable);
    const { name } = await stream(0);
    const own = await connect({ servers: server.url });
    const waiting = followStream(own, name, 1).next();
    await own.close();
    await expect(waiting).rejects.toThrow(LogUnavailable);
  });
});

test('streamState tells the range and the epoch', async () => {
  const { name } = await stream(5);
  expect(await streamState(nc, name)).toEqual({ firstSeq: 1, lastSeq: 5, epoch: 'abcd1234' });
});
