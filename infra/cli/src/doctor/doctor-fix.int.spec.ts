import { DiscardPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deciders } from '@parley/command-service/deciders';
import { makeSecrets } from '@parley/kernel/config/secrets';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { openJetStreamSnapshots, snapshotKeyOf } from '@parley/kernel/event-store/snapshots';
import { connectNats } from '@parley/kernel/nats/connect';
import { openPostgres } from '@parley/kernel/stores/postgres';
import { addressWith } from '@parley/kernel/stores/postgres-address';
import type { Constellation } from '@parley/tests/harness/constellation';
import { parley } from '@parley/tests/harness/parley';
import { PlainRoom } from '@parley/tests/harness/plain-log';
import { startServers, type Servers } from '@parley/tests/harness/servers';

/** Goal: what can be set right without losing anything is, and said; all else is told. Method: empty servers, then broken ones. */
let servers: Servers;
let nc: NatsConnection;
const secrets = makeSecrets();
beforeAll(async () => {
  servers = await startServers({ prepared: false, redis: false });
  nc = await connectNats({ url: servers.natsUrl, name: 'test' });
}, 120_000);
afterAll(async () => {
  await nc?.close();
  await servers?.stop();
});

const doctor = (...args: string[]) => doctorOf(servers, ...args);
const doctorOf = async (of: Servers, ...args: string[]) => {
  const ran = await parley({ servers: of, world: { secrets }, url: () => '', service: () => ({ url: '' }) } as unknown as Constellation, ['doctor', ...args, '--json']);
  return { ...ran, answer: (ran.stdout === '' ? {} : JSON.parse(ran.stdout)) as { fixed: { name: string; done?: string; fault?: string }[]; checks: { name: string; state: string; detail: string; hint?: string; fix?: string }[] } };
};
const ofStreams = ({ answer }: Pick<Awaited<ReturnType<typeof doctor>>, 'answer'>) => answer.checks.filter(({ name }) => name === 'streams').map(({ state, detail }) => `${state} ${detail}`);

test('without somebody to ask, nothing is done unasked', async () => {
  const ran = await doctor('--fix');
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toContain('--yes');
});

test('of servers without anything that is said once, with what to do', async () => {
  const { answer } = await doctor();
  expect(ofStreams({ answer })).toEqual([expect.stringMatching(/^bad EVT_0, EVT_1, .*, RDR_3, KV_MEMBERS, OBJ_SNAPSHOTS are missing$/)]);
  expect(answer.checks.filter(({ fix }) => fix !== undefined).map(({ name }) => name)).toEqual(['streams', 'migrations']);
  expect(answer.checks.filter(({ detail }) => detail === 'its tables are not there yet').map(({ name, state }) => `${name} ${state}`)).toEqual(['heartbeats unknown', 'projections unknown', 'parked unknown', 'search unknown']);
});

test('one look makes streams and buckets that were never there, and tables by the migrations that are missing', async () => {
  const { answer } = await doctor('--fix', '--yes');
  expect(answer.fixed).toEqual([
    { name: 'streams', what: expect.any(String), done: expect.stringMatching(/^made EVT_0, .*OBJ_SNAPSHOTS, 1 replica each$/) },
    { name: 'migrations', what: expect.any(String), done: expect.stringMatching(/^applied 0001_/) },
  ]);
  expect(ofStreams({ answer })).toEqual(['ok 20 streams and 2 buckets are as they must be']);
  expect(answer.checks).toContainEqual(expect.objectContaining({ name: 'migrations', state: 'ok' }));
});

test('a role that may not make what is missing is told what it lacks', async () => {
  const admin = openPostgres(servers.postgres.databaseUrl, { max: 1, name: 'test' });
  await admin.unsafe(`create role keeper login password 'k'`);
  await admin.unsafe('create database kept owner keeper');
  await admin.end();
  const url = addressWith(servers.postgres.databaseUrl, { user: 'keeper', password: 'k', database: 'kept' });
  const kept = { ...servers, postgres: Object.create(servers.postgres, { databaseUrl: { value: url }, vaultUrl: { value: url } }) as Servers['postgres'] };
  const { answer } = await doctorOf(kept, '--fix', '--yes');
  expect(answer.fixed).toContainEqual(expect.objectContaining({ name: 'migrations', fault: expect.stringMatching(/permission denied to create role. Whoever migrates owns the database and may make roles/) }));
  expect(answer.checks.find(({ name }) => name === 'vault')).toMatchObject({ state: 'bad', hint: expect.stringContaining('Have a role that may make roles and schemas look once') });
});

test('a database whose letters are those of ASCII is told of: without an index, phrases in Korean take long', async () => {
  const admin = openPostgres(servers.postgres.databaseUrl, { max: 1, name: 'test' });
  await admin`create database ascii template template0 locale_provider builtin builtin_locale 'C.UTF-8' lc_ctype 'C' lc_collate 'C'`;
  await admin.end();
  const found = ({ answer }: Awaited<ReturnType<typeof doctor>>) => answer.checks.filter(({ name }) => name === 'letters').map(({ state }) => state);
  const ascii = { ...servers, postgres: Object.create(servers.postgres, { databaseUrl: { value: servers.postgres.urlOf('ascii') } }) as Servers['postgres'] };
  expect([found(await doctor()), found(await doctorOf(ascii))]).toEqual([['ok'], ['warn']]);
});

test('a stream whose events are lost is told of, never made anew; what would drop events is set right; what a projector left is removed', async () => {
  const sql = openPostgres(servers.postgres.databaseUrl, { max: 1, name: 'test' });
  const jsm = await jetstreamManager(nc);
  const { config } = await jsm.streams.info('EVT_7');
  await jsm.streams.update('EVT_7', { ...config, discard: DiscardPolicy.Old, max_age: 86_400_000_000_000 });
  await jsm.streams.delete('EVT_5');
  await jsm.streams.delete('EVT_6');
  await sql`insert into ops.checkpoint (projection, generation, stream, seq, epoch) values ('conversations', 1, 'EVT_6', 40, 'abcdefgh')`;
  await sql`insert into ops.projector (instance, lanes, wanted, lag_seconds, heartbeat_at) values ('gone', 1, 1, 0, now() - interval '1 day')`;
  const seen = await doctor();
  expect(seen.answer.checks.filter(({ fix }) => fix !== undefined).map(({ fix }) => fix)).toEqual(['let EVT_7 keep everything', 'let EVT_7 keep everything', 'make EVT_5', 'remove what it left behind']);
  const { answer } = await doctor('--fix', '--yes');
  expect(answer.fixed.filter(({ fault }) => fault !== undefined)).toEqual([]);
  await expect(jsm.streams.info('EVT_6')).rejects.toThrow('stream not found');
  expect((await jsm.streams.info('EVT_5')).config.metadata).toHaveProperty('epoch');
  expect((await jsm.streams.info('EVT_7')).config).toMatchObject({ discard: 'new', max_age: 0 });
  expect(await sql`select 1 from ops.projector`).toHaveLength(0);
  const lost = answer.checks.filter(({ detail }) => detail.includes('EVT_6'));
  expect(lost).toMatchObject([{ state: 'bad', hint: expect.stringContaining('Its events up to 40 were read once: restore it from a backup') }]);
  await sql`delete from ops.checkpoint where stream = 'EVT_6'`;
  await sql.end();
  await doctor('--fix', '--yes');
}, 180_000);

test('a snapshot that is not what the log folds to is deleted, the log itself never', async () => {
  const room = new PlainRoom('snapped');
  await jetstream(nc).publish(room.subject, room.next(1));
  const bucket = await openJetStreamSnapshots(nc);
  const key = snapshotKeyOf({ aggregate: room.aggregate, stateVersion: deciders.room.stateVersion, epoch: await (await openJetStreamLog(nc)).epoch(room.aggregate) });
  await bucket.put(key, Buffer.from('not a snapshot'));
  const { answer } = await doctor('--fix', '--yes');
  expect(answer.fixed).toMatchObject([{ name: 'snapshots', done: 'the snapshot of room snapped is gone; the next load folds the log' }]);
  expect(await bucket.get(key)).toBeUndefined();
  expect(answer.checks).toContainEqual(expect.objectContaining({ name: 'snapshots', state: 'ok' }));
});
