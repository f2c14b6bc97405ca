import { streamNames } from '@parley/contracts/wire/partition';
import { prepareReadDatabase } from '../generations/first.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allProjections } from '../projections/all.ts';
import { people } from '../projections/people/projection.ts';
import { World } from '../testing/world.spec.ts';
import type { LaneBatch } from './apply.ts';
import { type Lane, readCheckpoint } from './checkpoint.ts';
import { Fenced, Stopped } from './failures.ts';
import { createGroupCommit } from './group-commit.ts';
import type { OpenedCommit, Tx } from './projection.ts';

const lanes = streamNames.slice(0, 4).map((stream): Lane => ({ projection: people, generation: 1, stream }));
/** Before the database itself ends a statement that waits. */
const waitMsMax = 10_000;
let world: World;
beforeAll(async () => {
  world = await World.start();
  await prepareReadDatabase(world.servers.postgres.databaseUrl, world.sql, allProjections());
  for (const lane of lanes) await readCheckpoint(world.sql, lane, 'spec');
}, 120_000);
afterAll(() => world?.[Symbol.asyncDispose]());

type Place = { readonly stream: string; readonly seq: number; readonly transaction: string };
async function places(): Promise<Place[]> {
  return world.sql<Place[]>`select stream, seq, xmin::text as transaction from ops.checkpoint where projection = 'people' order by array_position(${[...streamNames]}, stream)`;
}

/** Nothing that concerns the projection: the checkpoint moves on by one. */
async function movesByOne(): Promise<LaneBatch[]> {
  const seqs = new Map((await places()).map(({ stream, seq }) => [stream, seq]));
  return lanes.map((lane) => ({ lane, from: seqs.get(lane.stream)!, to: seqs.get(lane.stream)! + 1, commits: [], skipped: [] }));
}
const commit = (lane: Lane, n: number): OpenedCommit => ({ seq: n, kind: 'user', id: `0190a3b0-3333-7000-8000-00000000000${lanes.indexOf(lane)}`, n, at: '2026-01-01T00:00:00.000Z', prev: '', hash: 'h', events: [] });

test('what several lanes have at the same time moves in one transaction', async () => {
  const [before, batches] = [await places(), await movesByOne()];
  await Promise.all(batches.map(createGroupCommit(world.sql).apply));
  const after = await places();
  expect(after.map(({ seq }) => seq)).toEqual(before.map(({ seq }) => seq + 1));
  expect(new Set(after.map(({ transaction }) => transaction)).size).toBe(1);
});

test('a lane whose checkpoint is elsewhere is fenced, the others move', async () => {
  const [before, batches] = [await places(), await movesByOne()];
  const [first, ...others] = batches as [LaneBatch, ...LaneBatch[]];
  const results = await Promise.allSettled([{ ...first, from: first.from + 7, to: first.to + 7 }, ...others].map(createGroupCommit(world.sql).apply));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
  expect((results[0] as PromiseRejectedResult).reason).toBeInstanceOf(Fenced);
  expect((await places()).map(({ seq }) => seq)).toEqual(before.map(({ seq }, at) => (at === 0 ? seq : seq + 1)));
});

test('a commit that cannot follow stops its lane alone, and what the others have is applied', async () => {
  const [before, batches] = [await places(), await movesByOne()];
  const withCommits = batches.map((batch, at) => ({ ...batch, commits: [commit(batch.lane, at === 2 ? 5 : 1)] }));
  const results = await Promise.allSettled(withCommits.map(createGroupCommit(world.sql).apply));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect((results[2] as PromiseRejectedResult).reason).toBeInstanceOf(Stopped);
  expect((await places()).map(({ seq }) => seq)).toEqual(before.map(({ seq }, at) => (at === 2 ? seq : seq + 1)));
  expect(await world.sql`select id from people_1.aggregate_head order by id`).toEqual([0, 1, 3].map((at) => ({ id: commit(lanes[at]!, 1).id })));
});

test.each([
  ['a checkpoint', (sql: Tx) => sql`select 1 from ops.checkpoint where projection = 'people' and stream = ${lanes[1]!.stream} for update`],
  ['a row', (sql: Tx) => sql`select 1 from people_1.aggregate_head where id = ${commit(lanes[1]!, 1).id} for update`],
])('%s that somebody holds keeps its lane waiting and nobody else', async (_what, hold) => {
  const [before, batches] = [await places(), await movesByOne()];
  const { apply } = createGroupCommit(world.sql);
  let held: Promise<number> | undefined;
  await world.sql.begin(async (tx) => {
    await hold(tx);
    const applied = batches.map((batch, at) => apply(at === 1 ? { ...batch, commits: [{ ...commit(lanes[1]!, 1), prev: 'h' }] } : batch));
    held = applied[1];
    await Promise.all(applied.filter((_, at) => at !== 1));
    expect((await places()).map(({ seq }) => seq)).toEqual(before.map(({ seq }, at) => (at === 1 ? seq : seq + 1)));
  });
  await held;
  expect((await places())[1]!.seq).toBe(before[1]!.seq + 1);
}, waitMsMax);
