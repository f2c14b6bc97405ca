import { streamOf } from '@parley/contracts/wire/partition';
import { until } from '@parley/dev/until';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalDump } from './canonical-dump.ts';
import { conversations } from './projections/conversations/projection.ts';
import { applyCommits } from './runner/apply.ts';
import { createGroupCommit } from './runner/group-commit.ts';
import type { CrashLabel } from './runner/crash-point.ts';
import { Fenced } from './runner/failures.ts';
import { LaneReport } from './runner/lane-report.ts';
import { Worker } from './runner/worker.ts';
import { startProjectors } from './start.ts';
import { person, Story } from './testing/stories.spec.ts';
import { World } from './testing/world.spec.ts';

let world: World;
let stories: readonly [Story, ...Story[]];
beforeAll(async () => {
  world = await World.start();
  stories = [new Story(world, 'room-0', 7), new Story(world, 'room-1', 8), new Story(world, 'room-2', 9), new Story(world, 'room-3', 10)];
}, 120_000);
afterAll(() => world?.[Symbol.asyncDispose]());

describe('killed at a labelled point, the rows are those of a clean fold', () => {
  const labels: readonly CrashLabel[] = ['after-fetch', 'before-begin', 'mid-transaction', 'before-commit', 'after-commit'];
  // Every case goes on with the stories where the one before left them, so each is another one; more of them with PARLEY_FAULT_SEEDS.
  const passes = Array.from({ length: Number(process.env['PARLEY_FAULT_SEEDS'] ?? 1) }, (_, seed) => 3 + 2 * seed);
  test.each(passes.flatMap((pass) => labels.map((label) => [label, pass] as const)))('%s, pass %i', async (label, pass) => {
    await Promise.all(stories.map((story) => story.go(20)));
    const doomed = world.fork({ PARLEY_CRASH_AT: `${label}:${pass}`, INSTANCE_ID: `doomed-${label}-${pass}` });
    const writing = Promise.all(stories.map((story) => story.go(20)));
    expect(await doomed.ended).toBe('SIGKILL');
    await writing;
    await using _projectors = await startProjectors(world.config());
    await world.settled();
    const { rows, fold } = await world.dumps();
    expect(rows.tables).toEqual(fold.tables);
    expect(await world.sql`select 1 from ops.parked`).toEqual([]);
  }, 90_000);
});

test('two processes share the work without doing any of it twice, and the survivor takes over', async () => {
  const first = world.fork({ INSTANCE_ID: 'first' });
  const second = world.fork({ INSTANCE_ID: 'second' });
  await stories[0].go(20);
  await world.settled();
  first.child.kill('SIGKILL');
  await first.ended;
  await Promise.all(stories.map((story) => story.go(20)));
  await world.settled();
  second.child.kill('SIGTERM');
  await second.ended;
  const { rows, fold } = await world.dumps();
  expect(rows.tables).toEqual(fold.tables);
}, 90_000);

test('a zombie that wakes up behind its successor writes nothing', async () => {
  const zombie = world.fork({ INSTANCE_ID: 'zombie' });
  await stories[0].go(5);
  await world.settled();
  zombie.child.kill('SIGSTOP');
  // The sleeper keeps its locks, as a process on a paused machine does: the database ends its session.
  await world.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'parley-projectors-locks-zombie'`;
  await using _successor = await startProjectors(world.config('successor'));
  await Promise.all(stories.map((story) => story.go(10)));
  await world.settled();
  zombie.child.kill('SIGCONT');
  await Promise.all(stories.map((story) => story.go(10)));
  await world.settled();
  zombie.child.kill('SIGTERM');
  await zombie.ended;
  await world.settled();
  const { rows, fold } = await world.dumps();
  expect(rows.tables).toEqual(fold.tables);
}, 90_000);

test('the checkpoint alone fences a worker from the past: nothing is moved back, nothing applied twice', async () => {
  const projection = conversations();
  const stream = streamOf({ kind: 'room', id: stories[0].roomId });
  const [{ seq } = { seq: 0 }] = await world.sql<{ seq: number }[]>`select seq from ops.checkpoint where projection = 'conversations' and stream = ${stream}`;
  const lane = { projection, generation: 1, stream };
  const before = await canonicalDump(world.sql);
  for (const [from, to] of [[seq - 1, seq], [0, 3], [seq - 2, seq + 5]] as const) {
    await expect(world.sql.begin((tx) => applyCommits(tx, lane, from, to, []))).rejects.toBeInstanceOf(Fenced);
  }
  expect(await world.sql`select seq from ops.checkpoint where projection = 'conversations' and stream = ${stream}`).toMatchObject([{ seq }]);
  expect(await canonicalDump(world.sql)).toEqual(before);
});

test('the database and the log die and come back under it: it waits, and goes on', async () => {
  await using projectors = await startProjectors(world.config());
  await Promise.all(stories.map((story) => story.go(5)));
  await world.servers.postgres.kill('SIGKILL');
  await Promise.all(stories.map((story) => story.go(5)));
  await until('the trouble to be told', async () => (await fetch(`${projectors.url}/health/ready`)).status === 503);
  await world.servers.postgres.restart();
  await world.servers.nats.kill('SIGKILL');
  await world.servers.nats.restart();
  await until('the log to be written again', async () => (await world.nc.rtt()) >= 0);
  await Promise.all(stories.map((story) => story.go(5)));
  await world.settled();
  const { rows, fold } = await world.dumps();
  expect(rows.tables).toEqual(fold.tables);
  expect(await world.sql`select 1 from ops.parked`).toEqual([]);
  await until('readiness', async () => (await fetch(`${projectors.url}/health/ready`)).status === 200);
}, 90_000);

test('two workers on one stream without any lock: one is fenced, the rows are right', async () => {
  const log = await openJetStreamLog(world.nc);
  const depsOfOne = () => ({ sql: world.sql, nc: world.nc, log, opener: world.opener(), group: createGroupCommit(world.sql) });
  const ended = new AbortController();
  const room = { kind: 'room', id: 'duel' } as const;
  const renamed = { type: 'room.renamed', by: person(1), data: {}, content: { name: 'again' } };
  await world.append(room, [{ type: 'room.created', by: person(1), data: { kind: 'public', history: 'all', createdBy: person(1) }, content: { name: 'duel' } }]);
  const stream = streamOf(room);
  const workers = [conversations(), conversations()].map((projection) => new Worker(depsOfOne(), { projection, generation: 1, stream }, new LaneReport({ projection, generation: 1, stream }, true), ended.signal).run());
  let lost: unknown;
  for (const worker of workers) worker.catch((error: unknown) => { lost ??= error; });
  await until('one to lose', async () => {
    await world.append(room, [renamed]);
    return lost !== undefined;
  });
  expect(lost).toBeInstanceOf(Fenced);
  ended.abort();
  await Promise.allSettled(workers);
  await using _projectors = await startProjectors(world.config());
  await world.settled();
  const { rows, fold } = await world.dumps();
  expect(rows.tables).toEqual(fold.tables);
}, 60_000);

test('a log that was made anew is refused, not appended to', async () => {
  await world.sql`update ops.checkpoint set epoch = 'another' where stream = 'EVT_3' and projection = 'conversations'`;
  await world.sql`update ops.checkpoint set seq = seq + 1000000 where stream = 'EVT_4' and projection = 'conversations'`;
  await using projectors = await startProjectors(world.config());
  await until('the refusal', async () => {
    const body = await (await fetch(`${projectors.url}/health/ready`)).text();
    return body.includes('EVT_3: rebuild needed') && body.includes('EVT_4: rebuild needed');
  });
}, 60_000);
