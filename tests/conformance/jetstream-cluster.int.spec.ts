import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import { type Nats, type NatsCluster, startNatsCluster } from '@parley/dev/servers/nats';
import { until } from '@parley/dev/until';
import type { AggregateRef } from '@parley/contracts/envelope/commit';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { provisionStreams } from '@parley/kernel/nats/provision';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventStoreContract } from './event-store.contract.ts';
import { connectImpatiently, leaderOf, roomsInOneStream, storm } from './storm.ts';

let dir: string;
let cluster: NatsCluster;
let nc: NatsConnection;
let log: EventLog;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-es-'));
  cluster = await startNatsCluster({ dir });
  nc = await connectImpatiently(cluster.urls);
  await provisionStreams(nc, { replicas: 3, streamBytesMax: 64 * 1024 * 1024 });
  log = await openJetStreamLog(nc);
}, 120_000);
afterAll(async () => {
  await nc.close();
  await cluster.stop();
  await rm(dir, { recursive: true, force: true });
});

eventStoreContract('a cluster of three', () => log);

describe('a cluster of three', () => {
  const serverOf = async (stream: string): Promise<Nats> => {
    const leader = await leaderOf(nc, stream);
    const found = cluster.servers.find(({ name }) => name === `nats-server ${leader}`);
    if (!found) throw new Error(`${stream} has no leader`);
    return found;
  };
  const anotherLeads = (stream: string, old: Nats) =>
    until('another leader', async () => {
      const leader = await leaderOf(nc, stream).catch(() => undefined);
      return leader !== undefined && leader !== '' && old.name !== `nats-server ${leader}`;
    }, { timeoutMs: 60_000, everyMs: 100 });

  test('whose leader is killed in the middle of appends: nothing lost, nothing doubled', async () => {
    const { stream, rooms } = roomsInOneStream();
    const running = storm([log, await openJetStreamLog(nc)], rooms, 400);
    await until('some answers', () => running.answered() >= 200);
    const leader = await serverOf(stream);
    await leader.kill('SIGKILL');
    await anotherLeads(stream, leader);
    await leader.restart();
    await running.proven();
  });

  test('whose leader is paused in the middle of appends and comes back: nothing lost, nothing doubled', async () => {
    const { stream, rooms } = roomsInOneStream();
    const running = storm([log, await openJetStreamLog(nc)], rooms, 400);
    await until('some answers', () => running.answered() >= 200);
    const leader = await serverOf(stream);
    await leader.kill('SIGSTOP');
    try {
      // More answers than were under way cannot be the paused one's; a new leader may give the last of them before anybody sees it lead.
      const paused = running.answered();
      expect(paused).toBeLessThan(running.commands - running.underWayMax);
      await until('answers of a new leader', () => running.answered() > paused + running.underWayMax, { timeoutMs: 60_000 });
    } finally {
      await leader.kill('SIGCONT');
    }
    await running.proven();
  });

  /** Never stored, whoever gets it, and given up by nobody for its age. */
  const impossible = (patient: EventLog, room: AggregateRef) => patient.append(room, 999_999, Buffer.from('x'), {});
  /** The leader that answers and still leads; an election that something before has brought may come late. */
  const steadyLeader = async (stream: string, asked: EventLog, room: AggregateRef): Promise<Nats> => {
    let steady: Nats | undefined;
    await until('a leader that stays', async () => {
      const before = await serverOf(stream).catch(() => undefined);
      const { outcome } = await impossible(asked, room);
      if (outcome === 'conflict' && before === (await serverOf(stream).catch(() => undefined))) steady = before;
      return steady !== undefined;
    }, { timeoutMs: 60_000, everyMs: 100 });
    return steady!;
  };
  const patientLog = async (stream: string, room: AggregateRef, by: (leader: Nats) => readonly Nats[]) => {
    for (;;) {
      const leader = await steadyLeader(stream, log, room);
      const connection = await connectImpatiently(by(leader).map(({ url }) => url));
      const patient = await openJetStreamLog(connection, { appendMsMax: 3_600_000 });
      if ((await steadyLeader(stream, patient, room)) === leader) return { leader, connection, patient };
      await connection.close();
    }
  };

  test('whose leader falls silent: with the word of the next one, what it had in hand is of unknown outcome', async () => {
    const { stream, rooms: [room] } = roomsInOneStream();
    const { leader, connection, patient } = await patientLog(stream, room!, (led) => cluster.servers.filter((server) => server !== led));
    await leader.kill('SIGSTOP');
    try {
      expect(await impossible(patient, room!)).toMatchObject({ outcome: 'unknown' });
    } finally {
      await leader.kill('SIGCONT');
      await connection.close();
    }
  });

  test('whose server is lost under a connection: once that is made anew, what was under way on it is of unknown outcome', async () => {
    const { stream, rooms: [room] } = roomsInOneStream();
    const { leader, connection, patient } = await patientLog(stream, room!, (led) => [led]);
    await leader.kill('SIGSTOP');
    const outcome = impossible(patient, room!);
    await leader.kill('SIGKILL');
    await leader.restart();
    expect(await outcome).toMatchObject({ outcome: 'unknown' });
    await connection.close();
    await until('a leader', async () => Boolean(await leaderOf(nc, stream).catch(() => undefined)), { timeoutMs: 60_000, everyMs: 100 });
  });

  test('one room, many rivals: each append has one winner, in flight or not', async () => {
    const { rooms } = roomsInOneStream();
    const running = storm([log, await openJetStreamLog(nc)], rooms.slice(0, 1), 300);
    await running.proven();
    expect(running.answered()).toBe(300);
  });
});
