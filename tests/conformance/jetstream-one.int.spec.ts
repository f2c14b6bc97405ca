import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { streamOf } from '@parley/contracts/wire/partition';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { type Nats, startNats } from '@parley/dev/servers/nats';
import { until } from '@parley/dev/until';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { openJetStreamSnapshots } from '@parley/kernel/event-store/snapshots';
import { provisionStreams } from '@parley/kernel/nats/provision';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventStoreContract } from './event-store.contract.ts';
import { connectImpatiently, roomsInOneStream, storm } from './storm.ts';
import { audit, bench, bob, codeOf, newId, newRoom } from './toy.ts';

let dir: string;
let server: Nats;
let nc: NatsConnection;
let log: EventLog;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-es-'));
  server = await startNats({ dir });
  nc = await connectImpatiently([server.url]);
  await provisionStreams(nc, { replicas: 1 });
  log = await openJetStreamLog(nc);
});
afterAll(async () => {
  await nc.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

eventStoreContract('one JetStream server', () => log);

describe('one JetStream server', () => {
  test('says when it is full, and goes on when there is room again', async () => {
    const { send, room } = bench(log);
    const jsm = await jetstreamManager(nc);
    const { state, config } = await jsm.streams.info(streamOf(room));
    await jsm.streams.update(streamOf(room), { max_bytes: state.bytes + 4_000 });
    expect(codeOf(await send({ do: 'add', pad: 'x'.repeat(8_000) }))).toBe('storage-full');
    await jsm.streams.update(streamOf(room), { max_bytes: config.max_bytes });
    expect(codeOf(await send({ do: 'add', pad: 'x'.repeat(8_000) }))).toBe('ok');
    expect((await audit(log, room)).state.count).toBe(1);
  });

  test('is never sent what it could not take, nor anything over a closed connection', async () => {
    expect(await log.append(newRoom(), 0, Buffer.alloc(2_000_000), {})).toMatchObject({ outcome: 'not-stored', reason: 'too-large' });
    const own = await connectImpatiently([server.url]);
    const closing = await openJetStreamLog(own);
    await own.close();
    expect(await closing.append(newRoom(), 0, Buffer.from('x'), {})).toMatchObject({ outcome: 'not-stored', reason: 'rejected' });
  });

  test('stores no message id, and the trace and visibility of a commit as headers', async () => {
    const { send, room } = bench(log);
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const reply = await send({ do: 'admit', userId: bob }, { traceparent });
    const jsm = await jetstreamManager(nc);
    const stored = await jsm.streams.getMessage(streamOf(room), { seq: reply.ok ? reply.position.seq : 0 });
    expect(stored?.subject).toBe(subjectOf(room));
    expect(Object.fromEntries([...(stored?.header ?? [])].map(([name, [value]]) => [name, value]))).toMatchObject({ 'Parley-Ctl': '1', traceparent });
    expect(stored?.header.has('Nats-Msg-Id')).toBe(false);
  });

  test('keeps snapshots, and a load uses them', async () => {
    const snapshots = await openJetStreamSnapshots(nc);
    const first = bench(log, { snapshots });
    for (let round = 0; round < 11; round += 1) await first.send({ do: 'add', times: 100 });
    await first.engine.shutdown();
    const loads: boolean[] = [];
    const observer = { loaded: (_: string, _ms: number, _events: number, fromSnapshot: boolean) => loads.push(fromSnapshot) };
    expect(await bench(log, { snapshots, room: first.room, observer }).view()).toMatchObject({ ok: true, n: 1_100, state: { count: 1_100 } });
    expect(loads).toEqual([true]);
  });

  test('reads a long aggregate among others whole', async () => {
    const { rooms } = roomsInOneStream();
    const benches = rooms.map((room) => bench(log, { room }));
    for (let round = 0; round < 1_300; round += 1) await Promise.all(benches.slice(0, round % 5 === 0 ? 3 : 1).map(({ send }) => send({ do: 'add' })));
    expect((await audit(log, rooms[0])).state.count).toBe(1_300);
    expect((await audit(log, rooms[2])).state.count).toBe(260);
    expect(await bench(log, { room: rooms[0] }).view()).toMatchObject({ ok: true, n: 1_300 });
  });

  test('that is paused: an append timed out lands after all, and counts once', async () => {
    const impatient = await openJetStreamLog(nc, { appendMsMax: 300 });
    const { send, room, appends } = bench(impatient);
    await send({ do: 'add' });
    await server.kill('SIGSTOP');
    const id = newId();
    const waiting = send({ do: 'add' }, { id });
    await until('the append to time out', () => appends.length === 2);
    expect(appends[1]?.outcome).toBe('unknown');
    await server.kill('SIGCONT');
    expect(await waiting).toMatchObject({ ok: true, n: 2 });
    const { timesOf, state } = await audit(log, room);
    expect([timesOf(id), state.count]).toEqual([1, 2]);
  });

  test('that is killed while two engines write: nothing lost, nothing doubled', async () => {
    const { rooms } = roomsInOneStream();
    const running = storm([log, await openJetStreamLog(nc)], rooms, 1_500);
    for (const answers of [300, 1_500, 2_700]) {
      await until(`${answers} answers`, () => running.answered() >= answers);
      await server.kill('SIGKILL');
      await server.restart();
    }
    await running.proven();
  });
});
