import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { type Nats, startNats } from '@parley/dev/servers/nats';
import { connectNats } from '@parley/kernel/nats/connect';
import { provisionStreams } from '@parley/kernel/nats/provision';
import { v7 as uuidv7 } from 'uuid';
import { historyGrowth } from './load/history-growth.ts';
import { fillRaw } from './load/publish-raw.ts';
import { type Product, product, run } from './load/write-side.ts';
import { type BenchResult, type BenchRow, conditions, effort, progress, quantiles, report, row } from './measure.ts';
import { type Range, range } from './statistics.ts';

const { rounds: ROUNDS, seconds: SECONDS } = effort({ rounds: 9, seconds: 2 });
const SCALES = [1, 10, 100];
const SENDERS = 64;
const TEXT = 'Does anybody know whether the new kernel fixes the wireless card in this laptop?'.padEnd(111, '.');
const GOAL = 1.1;

/** One axis at one scale: where to post so that this much of it is there already. */
type Stage = { readonly scale: number; readonly own: Product; readonly rooms: readonly string[]; readonly stop?: () => Promise<void> };
type Samples = { readonly cpuUs: number[]; readonly p50Ms: number[] };

/** Closed loop of posts; each sender goes through the rooms on its own. */
async function posts({ own, rooms }: Stage): Promise<{ cpuUs: number; p50Ms: number }> {
  const latencies: number[] = [];
  let acked = 0;
  const cpu = process.cpuUsage();
  const end = performance.now() + SECONDS * 1_000;
  await Promise.all(Array.from({ length: SENDERS }, async (_, sender) => {
    for (let index = sender; performance.now() < end; index += SENDERS) {
      const sentAt = performance.now();
      if (!(await run(own, own.people[0]!, { type: 'post-message', roomId: rooms[index % rooms.length]!, text: TEXT }))) throw new Error('a command was refused');
      latencies.push(performance.now() - sentAt);
      acked += 1;
    }
  }));
  const used = process.cpuUsage(cpu);
  return { cpuUs: (used.user + used.system) / acked, p50Ms: quantiles(latencies).p50 };
}

async function inParallel(count: number, width: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: width }, async () => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  }));
}

/** Rooms that exist, with a first message in each. */
async function rooms(own: Product, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => uuidv7());
  await inParallel(count, SENDERS, async (index) => {
    await run(own, own.people[0]!, { type: 'create-room', roomId: ids[index]!, kind: 'public', name: 'growth' });
    await run(own, own.people[0]!, { type: 'post-message', roomId: ids[index]!, text: TEXT });
  });
  return ids;
}

const roomsAxis = (own: Product): Promise<Stage[]> => Promise.all(SCALES.map(async (scale) => ({ scale, own, rooms: await rooms(own, 100 * scale) })));

/** Four rooms each time, of which each has so many messages. */
async function historyAxis(own: Product): Promise<Stage[]> {
  const stages: Stage[] = [];
  for (const scale of SCALES) {
    const ids = await rooms(own, 4);
    await inParallel(ids.length * 250 * scale, 1_024, (index) => run(own, own.people[0]!, { type: 'post-message', roomId: ids[index % ids.length]!, text: TEXT }));
    stages.push({ scale, own, rooms: ids });
  }
  return stages;
}

async function membersAxis(own: Product): Promise<Stage[]> {
  const stages: Stage[] = [];
  for (const scale of SCALES) {
    const ids = await rooms(own, 4);
    await inParallel(ids.length * 10 * scale, SENDERS, (index) => run(own, uuidv7(), { type: 'join-room', roomId: ids[index % ids.length]! }));
    stages.push({ scale, own, rooms: ids });
  }
  return stages;
}

/** A log of its own per scale, filled with other rooms' bytes. */
async function eventsAxis(dir: string): Promise<Stage[]> {
  const stages: Stage[] = [];
  for (const scale of SCALES) {
    const { nats, nc, own } = await log(join(dir, `events-${scale}`));
    const subjects = Array.from({ length: 64 }, (_, index) => subjectOf({ kind: 'room', id: `filler-${index}` }));
    await fillRaw(nc, subjects, Buffer.alloc(300, 'x'), 10_000 * scale);
    stages.push({ scale, own, rooms: await rooms(own, 100), stop: () => closed(nc, nats) });
  }
  return stages;
}

async function log(dir: string): Promise<{ nats: Nats; nc: NatsConnection; own: Product }> {
  const nats = await startNats({ dir, sync: 'default' });
  const nc = await connectNats({ url: nats.url, name: 'bench' });
  await provisionStreams(nc, { replicas: 1 });
  return { nats, nc, own: await product(nc) };
}

async function closed(nc: NatsConnection, nats: Nats): Promise<void> {
  await nc.close();
  await nats.stop();
}

/** All scales of an axis in turn, round by round; the first round warms up and is left out. */
async function measured(stages: readonly Stage[]): Promise<Map<number, Samples>> {
  const samples = new Map(stages.map(({ scale }) => [scale, { cpuUs: [] as number[], p50Ms: [] as number[] }]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const stage of stages) {
      const figures = await posts(stage);
      if (round === 0) continue;
      samples.get(stage.scale)?.cpuUs.push(figures.cpuUs);
      samples.get(stage.scale)?.p50Ms.push(figures.p50Ms);
    }
  }
  return samples;
}

type Grown = { readonly name: string; readonly from: string; readonly samples: ReadonlyMap<number, Samples> };

function rowsOf({ name, from, samples }: Grown): BenchRow[] {
  const at = (scale: number, what: keyof Samples): number[] => samples.get(scale)?.[what] ?? [];
  return [10, 100].flatMap((scale) => [
    row({ case: `${name} ×${scale} (${from})`, unit: 'CPU-µs per operation', ours: at(scale, 'cpuUs'), peer: at(1, 'cpuUs'), peerName: 'the same at ×1', better: 'lower', goal: GOAL }),
    row({ case: `${name} ×${scale} (${from}), p50`, unit: 'ms', ours: at(scale, 'p50Ms'), peer: at(1, 'p50Ms'), peerName: 'the same at ×1', better: 'lower', goal: GOAL }),
  ]);
}

function curveOf(axes: readonly Grown[]): NonNullable<BenchResult['curves']>[number] {
  const relative = (figures: readonly number[], base: number): Range => range(figures.map((figure) => figure / base));
  return {
    title: 'Cost of one operation as an axis grows', x: 'how many times as much of it there is (logarithmic)', y: 'CPU per operation, ×1 = 1', logX: true, ticks: SCALES.map((at) => ({ at, label: `×${at}` })), goals: [{ label: `goal ${GOAL}×`, y: GOAL }],
    series: axes.map(({ name, samples }) => ({ name, points: SCALES.map((x) => ({ x, y: relative(samples.get(x)?.cpuUs ?? [], range(samples.get(1)?.cpuUs ?? []).median) })) })),
  };
}

async function main(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-growth-'));
  const { nats, nc, own } = await log(join(dir, 'one'));
  const stops: (() => Promise<void>)[] = [() => closed(nc, nats)];
  try {
    const axes: Grown[] = [];
    const grow = async (name: string, from: string, furnish: () => Promise<Stage[]>): Promise<void> => {
      progress(`growth: ${name}`);
      const stages = await furnish();
      stops.push(...stages.flatMap(({ stop }) => stop ?? []));
      axes.push({ name, from, samples: await measured(stages) });
    };
    await grow('post, rooms', '100 rooms at ×1', () => roomsAxis(own));
    await grow('post, history of the room', '250 messages at ×1', () => historyAxis(own));
    await grow('post, members of the room', '10 members at ×1', () => membersAxis(own));
    await grow('post, events in the log', '10,000 events at ×1', () => eventsAxis(dir));
    progress('growth: page of history');
    const history = await historyGrowth(SCALES, { rounds: ROUNDS, seconds: SECONDS });
    axes.push({ name: 'page of history, history of the room', from: '1,000 messages at ×1', samples: history.samples });
    report({
      name: 'growth', measured: 'posts, from decoded command to acknowledgement, CPU of the process that decides; pages of 50 messages from the middle of a room’s history over HTTP, CPU of query-service and PostgreSQL; each axis at 1×, 10× and 100×, in turn', conditions: conditions(),
      rows: axes.flatMap(rowsOf), checks: [{ check: 'every post was acknowledged', ok: true }, ...history.checks], curves: [curveOf(axes)],
    });
  } finally {
    for (const stop of stops) await stop();
    await rm(dir, { recursive: true, force: true });
  }
}

await main();
