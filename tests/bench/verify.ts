import { mkdtemp, rm } from 'node:fs/promises';
import { hash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import { checkLog, type CheckLogOptions } from '@parley/cli/verify/check-log';
import { openWatermarks } from '@parley/cli/verify/watermark';
import { streamNames } from '@parley/contracts/wire/partition';
import { startNats } from '@parley/dev/servers/nats';
import { drainStream, streamState } from '@parley/kernel/event-store/read-stream';
import { connectNats } from '@parley/kernel/nats/connect';
import { provisionStreams } from '@parley/kernel/nats/provision';
import { writePlainLog } from '../harness/plain-log.ts';
import { conditions, effort, limit, report, row } from './measure.ts';

const { rounds: ROUNDS } = effort({ rounds: 5, seconds: 0 });
const SCALE = Number(process.env['BENCH_SCALE'] ?? 1);
/** An archive's commits are full; people who talk make commits of one or two events. */
const CASES = [
  { name: 'an archive: commits of 75 messages', rooms: 64, commitsPerRoom: 44, messagesPerCommit: 75 },
  { name: 'talk: commits of one message', rooms: 64, commitsPerRoom: 1_600, messagesPerCommit: 1 },
] as const;
const GOAL_PER_SECOND = 100_000;

type Drained = { readonly commits: number; readonly bytes: number };

/** The peer: the same bytes from the same server, each message hashed and nothing else looked at. */
async function drainAndHash(nc: NatsConnection): Promise<Drained> {
  let [commits, bytes] = [0, 0];
  for (const stream of streamNames) {
    const { lastSeq } = await streamState(nc, stream);
    for await (const batch of drainStream(nc, stream, 1, lastSeq)) {
      for (const message of batch) {
        hash('sha256', message.bytes, 'base64url');
        commits += 1;
        bytes += message.bytes.length;
      }
    }
  }
  return { commits, bytes };
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly seconds: number; readonly cpuUs: number }> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const value = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { value, seconds: (performance.now() - begun) / 1_000, cpuUs: user + system };
}

async function measure(dir: string, { name, ...size }: (typeof CASES)[number]) {
  const nats = await startNats({ dir, sync: 'default' });
  const nc = await connectNats({ url: nats.url, name: 'bench' });
  try {
    await provisionStreams(nc, { replicas: 1 });
    const wrote = await writePlainLog(nc, { ...size, commitsPerRoom: Math.ceil(size.commitsPerRoom * SCALE) });
    const options: CheckLogOptions = { signal: new AbortController().signal };
    await checkLog(nc, 'main', options);
    const [ours, peer, cpu]: [number[], number[], number[]] = [[], [], []];
    let isWhole = true;
    let bytes = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const mine = await timed(() => checkLog(nc, 'main', options));
      const raw = await timed(() => drainAndHash(nc));
      isWhole &&= mine.value.findings.length === 0 && mine.value.events === wrote.events && raw.value.commits === wrote.commits;
      ours.push(wrote.events / mine.seconds);
      peer.push(wrote.events / raw.seconds);
      cpu.push(mine.cpuUs / wrote.events);
      bytes = raw.value.bytes;
    }
    const watermarks = openWatermarks(join(dir, 'verified'), () => {});
    await checkLog(nc, 'main', { ...options, watermarks });
    const again = await timed(() => checkLog(nc, 'main', { ...options, watermarks }));
    isWhole &&= again.value.events === 0 && again.value.before.events === wrote.events;
    const cpuUsPerEvent = Number(cpu.toSorted((a, b) => a - b)[Math.floor(cpu.length / 2)]!.toFixed(2));
    return {
      rows: [
        row({ case: name, unit: 'events/s', ours, peer, peerName: 'drain + SHA-256', better: 'higher', goal: 0.25, extra: { events: wrote.events, commits: wrote.commits, bytes, cpuUsPerEvent, againSeconds: Number(again.seconds.toFixed(3)), rounds: ROUNDS } }),
        // With a message to each commit the reader itself is what takes the time: only the peer tells how fast that can be.
        ...(size.messagesPerCommit === 1 ? [] : [limit({ case: `${name}, in all`, unit: 'events/s', ours, better: 'higher', goal: GOAL_PER_SECOND })]),
      ],
      check: { check: `${name}: every event checked, none found bad; behind the watermark nothing is read again`, ok: isWhole, detail: `${wrote.events} events` },
    };
  } finally {
    await nc.close();
    await nats.stop();
  }
}

const dir = await mkdtemp(join(tmpdir(), 'parley-verify-'));
try {
  const results = [];
  for (const [index, each] of CASES.entries()) results.push(await measure(join(dir, String(index)), each));
  report({
    name: 'verify', conditions: conditions(), rows: results.flatMap(({ rows }) => rows), checks: results.map(({ check }) => check),
    measured: 'every stream read from JetStream and checked: envelope, numbers, hash chain, times, shapes, ordinals; one process; peer: the same messages read by the same reader and hashed',
  });
} finally {
  await rm(dir, { recursive: true, force: true });
}
