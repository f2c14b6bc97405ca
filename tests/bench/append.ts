import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import { streamOf } from '@parley/contracts/wire/partition';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { type Nats, startNats } from '@parley/dev/servers/nats';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import { drainStream, streamState } from '@parley/kernel/event-store/read-stream';
import { connectNats } from '@parley/kernel/nats/connect';
import { provisionStreams } from '@parley/kernel/nats/provision';
import { v7 as uuidv7 } from 'uuid';
import { cpuSecondsOfProcess } from '../harness/memory.ts';
import { publishRaw } from './load/publish-raw.ts';
import { type Product, product, run } from './load/write-side.ts';
import { type BenchResult, type BenchRow, conditions, diskSyncMs, effort, progress, quantiles, report, row } from './measure.ts';
import { range } from './statistics.ts';

const { rounds: ROUNDS, seconds: SECONDS } = effort({ rounds: 5, seconds: 2 });
const TEXT = 'Does anybody know whether the new kernel fixes the wireless card in this laptop?'.padEnd(111, '.');
const WINDOW = 1_024;
const CASES = [
  { name: '64 rooms × 1,024 senders', rooms: 64, senders: 1_024, goal: 3 },
  { name: 'one hot room, 1,024 senders', rooms: 1, senders: 1_024, goal: 8 },
  { name: '1,000 rooms × 16 senders', rooms: 1_000, senders: 16, goal: 0.9 },
] as const;

/** Closed loop: each sender sends its next command when the last was acknowledged. */
async function ours(product: Product, rooms: readonly string[], senders: number) {
  const latencies: number[] = [];
  let acked = 0;
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const end = begun + SECONDS * 1_000;
  await Promise.all(Array.from({ length: senders }, async (_, sender) => {
    for (let index = sender; performance.now() < end; index += senders) {
      const sentAt = performance.now();
      const ok = await run(product, product.people[sender % product.people.length]!, { type: 'post-message', roomId: rooms[index % rooms.length]!, text: TEXT });
      if (!ok) throw new Error('a command was refused');
      acked += 1;
      if (acked % 16 === 0) latencies.push(performance.now() - sentAt);
    }
  }));
  const used = process.cpuUsage(cpu);
  return { acked, perSecond: acked / ((performance.now() - begun) / 1_000), cpuUs: (used.user + used.system) / acked, latencies };
}

/** Raw publishes per second, of as many bytes as one command's commit has, to the same streams of the same server. */
async function raw(nc: NatsConnection, payload: Uint8Array, inFlight: number): Promise<number> {
  const subjects = Array.from({ length: 64 }, (_, index) => subjectOf({ kind: 'room', id: `raw-${index}` }));
  const begun = performance.now();
  const acked = await publishRaw(nc, subjects, payload, { inFlight, ms: SECONDS * 1_000 });
  return acked / ((performance.now() - begun) / 1_000);
}

/** Posts stored in these rooms, and whether each room's numbers are gap-free. */
async function stored(nc: NatsConnection, streams: readonly string[], rooms: ReadonlySet<string>): Promise<{ posts: number; distinct: number; gapFree: boolean }> {
  const ids = new Set<string>();
  const numbers = new Map<string, number>();
  let posts = 0;
  let gapFree = true;
  for (const stream of streams) {
    const { lastSeq } = await streamState(nc, stream);
    for await (const batch of drainStream(nc, stream, 1, lastSeq)) {
      for (const { subject, bytes } of batch) {
        if (!rooms.has(subject.split('.')[3] ?? '')) continue;
        const commit = decodeCommit(bytes);
        gapFree &&= commit.n === (numbers.get(commit.id) ?? 0) + 1;
        numbers.set(commit.id, commit.n + commit.events.length - 1);
        for (const event of commit.events) {
          if (event.type !== 'message.posted') continue;
          posts += 1;
          ids.add(event.commandId);
        }
      }
    }
  }
  return { posts, distinct: ids.size, gapFree };
}

type Mode = { readonly sync: 'always' | 'default'; readonly label: string; readonly nats: Nats; readonly nc: NatsConnection; readonly product: Product };
type Case = (typeof CASES)[number];
type Samples = { readonly mine: number[]; readonly peer: number[]; readonly narrow: number[]; readonly cpu: number[]; readonly natsCpu: number[]; readonly latencies: number[]; acked: number };

async function modeOf(dir: string, sync: Mode['sync']): Promise<Mode> {
  const nats = await startNats({ dir: join(dir, sync), sync });
  const nc = await connectNats({ url: nats.url, name: 'bench' });
  await provisionStreams(nc, { replicas: 1 });
  return { sync, label: sync === 'always' ? 'every append synced' : 'server’s default sync', nats, nc, product: await product(nc) };
}

async function furnish({ product: own }: Mode, { rooms: count, senders }: Case): Promise<string[]> {
  const rooms = Array.from({ length: count }, () => uuidv7());
  for (const roomId of rooms) await run(own, own.people[0]!, { type: 'create-room', roomId, kind: 'public', name: 'bench' });
  for (const person of own.people.slice(1, senders)) await Promise.all(rooms.map((roomId) => run(own, person, { type: 'join-room', roomId })));
  return rooms;
}

async function round({ nats, nc, product: own }: Mode, { senders }: Case, rooms: readonly string[], payload: Uint8Array, samples: Samples): Promise<void> {
  const natsCpu = cpuSecondsOfProcess(nats.pid);
  const result = await ours(own, rooms, senders);
  samples.natsCpu.push(((cpuSecondsOfProcess(nats.pid) - natsCpu) / result.acked) * 1e6);
  samples.acked += result.acked;
  samples.mine.push(result.perSecond);
  samples.cpu.push(result.cpuUs);
  samples.latencies.push(...result.latencies);
  samples.peer.push(await raw(nc, payload, WINDOW));
  if (senders < WINDOW) samples.narrow.push(await raw(nc, payload, senders));
}

/** One case in both modes, their rounds in turn. */
async function measured(modes: readonly Mode[], each: Case, payload: Uint8Array): Promise<{ rows: BenchRow[]; checks: BenchResult['checks'] }> {
  const runs = await Promise.all(modes.map(async (mode) => ({ mode, rooms: await furnish(mode, each), samples: { mine: [], peer: [], narrow: [], cpu: [], natsCpu: [], latencies: [], acked: 0 } as Samples })));
  for (let index = 0; index < ROUNDS; index += 1) for (const { mode, rooms, samples } of runs) await round(mode, each, rooms, payload, samples);
  const [rows, checks]: [BenchRow[], BenchResult['checks'][number][]] = [[], []];
  for (const { mode, rooms, samples } of runs) {
    const name = `${each.name}, ${mode.label}`;
    const found = await stored(mode.nc, [...new Set(rooms.map((id) => streamOf({ kind: 'room', id })))], new Set(rooms));
    checks.push({ check: `${name}: every acknowledged command is in the log once, numbers gap-free`, ok: found.posts === samples.acked && found.distinct === samples.acked && found.gapFree, detail: `${samples.acked} acknowledged, ${found.posts} stored` });
    const extra = { cpuUsPerCommand: range(samples.cpu).median, natsCpuUsPerCommand: range(samples.natsCpu).median, latencyMs: quantiles(samples.latencies), ...(samples.narrow.length > 0 && { [`raw publishes with ${each.senders} in flight (per second)`]: range(samples.narrow).median }) };
    // The goals are of the mode that the product runs in.
    rows.push(row({ case: name, unit: 'commands/s', ours: samples.mine, peer: samples.peer, peerName: `raw js.publish, ${WINDOW} in flight`, better: 'higher', ...(mode.sync === 'always' && { goal: each.goal }), extra }));
  }
  return { rows, checks };
}

async function main(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-append-'));
  const modes: Mode[] = [];
  try {
    for (const sync of ['always', 'default'] as const) modes.push(await modeOf(dir, sync));
    const payload = Buffer.alloc(TEXT.length + 420, 'x');
    const [rows, checks]: [BenchRow[], BenchResult['checks'][number][]] = [[], []];
    for (const each of CASES) {
      progress(`append: ${each.name}`);
      const result = await measured(modes, each, payload);
      rows.push(...result.rows);
      checks.push(...result.checks);
    }
    report({
      name: 'append', conditions: { ...conditions(), diskSyncMs: diskSyncMs(dir) }, rows, checks,
      measured: `decoded command → parsed, hashed, sealed, decided, appended, acknowledged; JetStream R1; ${TEXT.length} characters of text; peer: publishes of ${payload.length} bytes on the same streams of the same server`,
    });
  } finally {
    for (const { nc, nats } of modes) {
      await nc.close();
      await nats.stop();
    }
    await rm(dir, { recursive: true, force: true });
  }
}

await main();
