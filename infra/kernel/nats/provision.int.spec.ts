import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { streamNames } from '@parley/contracts/wire/partition';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { type Nats, startNats } from '@parley/dev/servers/nats';
import { until } from '@parley/dev/until';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectNats, type NatsConnection } from './connect.ts';
import { readEpochs, renewEpochs } from './epochs.ts';
import { ProvisionError, provisionStreams } from './provision.ts';

let dir: string;
let nats: Nats;
let nc: NatsConnection;
let jsm: JetStreamManager;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-pf-provision-'));
  nats = await startNats({ dir });
  nc = await connectNats({ url: nats.url, name: 'provision-spec' });
  jsm = await jetstreamManager(nc);
});
afterAll(async () => {
  await nc?.close();
  await nats?.stop();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  for await (const { config } of jsm.streams.list()) await jsm.streams.delete(config.name);
  // NATS 2.15 answers that a stream is gone before its files are, and the next one may stumble over them.
  const folder = join(dir, 'store', 'jetstream', '$G', 'streams');
  await until('the files of all streams to be gone', async () => !existsSync(folder) || (await readdir(folder)).length === 0);
});

describe('provisioning', () => {
  test('creates the streams of the log, durable, append-only and full rather than forgetful', async () => {
    await provisionStreams(nc, { replicas: 1 });
    const infos = await Promise.all(streamNames.map(async (name) => (await jsm.streams.info(name)).config));
    for (const config of infos) {
      expect(config).toMatchObject({ storage: 'file', retention: 'limits', discard: 'new', max_msgs: -1, max_age: 0, compression: 'none', allow_direct: true, allow_rollup_hdrs: false, duplicate_window: 100_000_000 });
      expect(config.max_bytes).toBeGreaterThanOrEqual(512 * 1024 ** 2);
      expect(config.metadata?.['epoch']).toMatch(/^[a-z0-9]{8}$/);
    }
    expect(new Set(infos.map(({ metadata }) => metadata?.['epoch'])).size).toBe(streamNames.length);
    expect((await jsm.streams.info('OBJ_SNAPSHOTS')).config.storage).toBe('file');
    expect((await jsm.streams.info('KV_MEMBERS')).config).toMatchObject({ storage: 'memory', max_age: 3_000_000_000, allow_msg_ttl: true, subject_delete_marker_ttl: 1_000_000_000 });
  });

  test('every aggregate has its stream', async () => {
    await provisionStreams(nc, { replicas: 1 });
    for (const kind of ['room', 'user', 'reader'] as const) {
      for (let index = 0; index < 30; index += 1) await jetstream(nc).publish(subjectOf({ kind, id: `id-${index}` }), '{}');
    }
  });

  test('many processes at once, and again later, change nothing', async () => {
    const connections = await Promise.all(Array.from({ length: 4 }, (_, index) => connectNats({ url: nats.url, name: `racer-${index}` })));
    await Promise.all(connections.map((each) => provisionStreams(each, { replicas: 1 })));
    const epochs = await readEpochs(nc);
    await provisionStreams(nc, { replicas: 1 });
    for (const each of connections) expect(await readEpochs(each)).toEqual(epochs);
    await Promise.all(connections.map((each) => each.close()));
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['a stream in memory', () => jsm.streams.add({ name: 'EVT_0', subjects: ['evt.0.>', 'evt.1.>', 'evt.2.>', 'evt.3.>'], storage: 'memory', discard: 'new' }), /EVT_0 .* storage is "memory" and must be "file"/],
    ['a stream that forgets', () => jsm.streams.add({ name: 'EVT_0', subjects: ['evt.0.>', 'evt.1.>', 'evt.2.>', 'evt.3.>'], max_age: 1_000_000_000, discard: 'new' }), /EVT_0 .* max_age/],
    ['a stream that makes room by deleting', () => jsm.streams.add({ name: 'EVT_0', subjects: ['evt.0.>', 'evt.1.>', 'evt.2.>', 'evt.3.>'] }), /EVT_0 .* discard is "old" and must be "new"/],
    ['a stream with other subjects', () => jsm.streams.add({ name: 'RDR_1', subjects: ['rdr.16.>'], discard: 'new', allow_direct: true }), /RDR_1 .* subjects/],
    ['a stream in the way', () => jsm.streams.add({ name: 'OTHER', subjects: ['evt.>'] }), /EVT_\d .* another stream/],
    ['a bucket of members that tells nobody', () => jsm.streams.add({ name: 'KV_MEMBERS', subjects: ['$KV.MEMBERS.>'], storage: 'memory', max_age: 3_000_000_000, duplicate_window: 1_000_000_000 }), /KV_MEMBERS .* allow_msg_ttl/],
  ])('refuses %s, and says so', async (_, prepare, expected) => {
    await prepare();
    const error = await provisionStreams(nc, { replicas: 1 }).catch((reason: unknown) => reason as Error);
    expect(error).toBeInstanceOf(ProvisionError);
    expect((error as Error).message).toMatch(expected);
  });

  test('says when the servers have no room', async () => {
    await expect(provisionStreams(nc, { replicas: 1, streamBytesMax: 60 * 1024 ** 3 })).rejects.toThrow(/max_file_store/);
  });
});

describe('epochs', () => {
  test('are read in the order of the streams, with one for all', async () => {
    await provisionStreams(nc, { replicas: 1 });
    const { streams, combined } = await readEpochs(nc);
    expect(streams[17]).toBe((await jsm.streams.info('RDR_1')).config.metadata?.['epoch']);
    expect(combined).toMatch(/^[0-9a-f]{8}$/);
  });

  test('a stream that was made anew has another, and so has the whole', async () => {
    await provisionStreams(nc, { replicas: 1 });
    const before = await readEpochs(nc);
    await jsm.streams.delete('EVT_5');
    await provisionStreams(nc, { replicas: 1 });
    const after = await readEpochs(nc);
    expect(after.streams[5]).not.toBe(before.streams[5]);
    expect(after.streams[6]).toBe(before.streams[6]);
    expect(after.combined).not.toBe(before.combined);
  });

  test('after a restore all are new, and nothing else is', async () => {
    await provisionStreams(nc, { replicas: 1 });
    const before = await readEpochs(nc);
    const after = await renewEpochs(nc);
    after.streams.forEach((epoch, index) => expect(epoch).not.toBe(before.streams[index]));
    await provisionStreams(nc, { replicas: 1 });
    expect(await readEpochs(nc)).toEqual(after);
  });

  test('without the log there are none', async () => {
    await expect(readEpochs(nc)).rejects.toThrow(/holds no stream \w+: is it the right server/);
    await jsm.streams.add({ name: 'EVT_0', subjects: ['x'] });
    await expect(readEpochs(nc)).rejects.toThrow();
  });
});
