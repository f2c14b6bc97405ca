import { setTimeout as pause } from 'node:timers/promises';
import { streamOf } from '@parley/contracts/wire/partition';
import { until } from '@parley/dev/until';
import { streamState } from '@parley/kernel/event-store/read-stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProjectors } from './start.ts';
import { person, Story } from './testing/stories.spec.ts';
import { World } from './testing/world.spec.ts';

/** Goal: whatever the database does, no event is passed over, and the rows are soon at the log's end again. */
const outageMs = Number(process.env['PARLEY_FAULT_SECONDS'] ?? 7) * 1_000;
let world: World;
let stories: readonly Story[];
beforeAll(async () => {
  world = await World.start();
  stories = Array.from({ length: 4 }, (_, index) => new Story(world, `fault-${index}`, 40 + index));
  // Everybody has spoken: keys are known, so writing goes on while the vault's database is away as well.
  await Promise.all(stories.map((story) => story.go(60)));
}, 120_000);
afterAll(() => world?.[Symbol.asyncDispose]());

/** Writes until the outage is over. */
async function write(ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; await pause(100)) await Promise.all(stories.map((story) => story.go(1)));
}

/** Waits until every lane is at the end of its stream; returns how long that took. Then the rows must be those of a clean fold. */
async function recovered(): Promise<number> {
  const begun = performance.now();
  await world.settled(2 * outageMs + 30_000);
  const tookMs = performance.now() - begun;
  const { rows, fold } = await world.dumps();
  expect(rows.tables).toEqual(fold.tables);
  expect(await world.sql`select 1 from ops.parked`).toEqual([]);
  return tookMs;
}

test('that lost what was prepared in its last moments sets nobody’s room aside', async () => {
  await using own = await World.start();
  await using _projectors = await startProjectors(own.config());
  const room = { kind: 'room', id: 'lost' } as const;
  const by = person(1);
  await own.append(room, [{ type: 'room.created', by, data: { kind: 'public', history: 'all', createdBy: by }, content: { name: 'lost' } }, { type: 'room.member-joined', by, data: { userId: by, role: 'owner' } }]);
  await own.settled();
  const partitions = await own.sql<{ name: string }[]>`select relname as name from pg_class where relnamespace = 'conversations_1'::regnamespace and relkind = 'r' and relname like 'message_2%'`;
  expect(partitions.length).toBeGreaterThan(0);
  for (const { name } of partitions) await own.sql`drop table conversations_1.${own.sql(name)}`;
  await own.append(room, [{ type: 'message.posted', by, data: { messageId: person(9), author: by, ordinal: 1, hasLink: false, mentions: [] }, content: { text: 'still here' } }]);
  await own.settled();
  expect(await own.sql`select 1 from ops.parked`).toEqual([]);
  const { rows, fold } = await own.dumps();
  expect(rows.tables).toEqual(fold.tables);
}, 60_000);

test('restarted under load', async () => {
  await using _projectors = await startProjectors(world.config());
  await write(500);
  const begun = performance.now();
  const writing = write(outageMs);
  await world.servers.postgres.kill('SIGKILL');
  await pause(outageMs / 2);
  await world.servers.postgres.restart();
  const downMs = performance.now() - begun;
  await writing;
  const tookMs = await recovered();
  console.log(`PostgreSQL was away for ${Math.round(downMs)} ms; every lane at the end ${Math.round(tookMs)} ms after the last event`);
  expect(tookMs).toBeLessThan(Math.max(2 * downMs, 5_000));
}, 120_000);

test('every commit fails for a while', async () => {
  await using projectors = await startProjectors(world.config());
  await write(500);
  await world.settled();
  // At the very end of the transaction, after all statements went well: as a full disk does it.
  await world.sql.unsafe(`
    create function ops.fail_commit() returns trigger language plpgsql as $$ begin raise exception 'no space left on device' using errcode = '53100'; end $$;
    create constraint trigger failing after update on ops.checkpoint deferrable initially deferred for each row execute function ops.fail_commit()`);
  const before = await world.sql<{ projection: string; stream: string; seq: number }[]>`select projection, stream, seq from ops.checkpoint order by 1, 2`;
  await write(outageMs);
  expect(await world.sql`select projection, stream, seq from ops.checkpoint order by 1, 2`).toEqual(before);
  await until('the trouble to be told', async () => (await (await fetch(`${projectors.url}/health/projections`)).text()).includes('no space left on device'), { timeoutMs: 20_000 });
  await world.sql.unsafe('drop function ops.fail_commit() cascade');
  const tookMs = await recovered();
  console.log(`commits failed for ${outageMs} ms; every lane at the end ${Math.round(tookMs)} ms after they succeeded again`);
  expect(tookMs).toBeLessThan(2 * outageMs);
}, 120_000);

test('a commit becomes visible late: the checkpoint waits with its rows, other streams do not', async () => {
  await using _projectors = await startProjectors(world.config());
  await write(500);
  await world.settled();
  const held = stories[0]!.roomId;
  const streams = stories.map(({ roomId }) => streamOf({ kind: 'room', id: roomId }));
  const places = async () => new Map((await world.sql<{ stream: string; seq: number }[]>`select stream, seq from ops.checkpoint where projection = 'conversations'`).map(({ stream, seq }) => [stream, seq]));
  await world.sql.begin(async (tx) => {
    await tx`select 1 from conversations_1.aggregate_head where id = ${held} for update`;
    const before = await places();
    await write(outageMs / 2);
    const after = await places();
    expect(after.get(streams[0]!)).toBe(before.get(streams[0]!));
    expect((await streamState(world.nc, streams[0]!)).lastSeq).toBeGreaterThan(after.get(streams[0]!)!);
    const others = [...new Set(streams)].filter((stream) => stream !== streams[0]);
    expect(others.length).toBeGreaterThan(0);
    for (const stream of others) {
      const { lastSeq } = await streamState(world.nc, stream);
      await until(`${stream} to be at its end`, async () => (await places()).get(stream)! >= lastSeq);
    }
  });
  const tookMs = await recovered();
  console.log(`a commit was held for ${outageMs / 2} ms; every lane at the end ${Math.round(tookMs)} ms later`);
  expect(tookMs).toBeLessThan(2 * outageMs);
}, 120_000);

test('that ends in the same moment as everything else is no reason not to end in order', async () => {
  await using own = await World.start();
  const { child, ended } = own.fork();
  await own.settled();
  const ending = Promise.all([own.servers.postgres.stop(), own.servers.nats.stop()]);
  child.kill('SIGTERM');
  await Promise.all([ended, ending]);
  // 1: it was not done within its 20 s, because it waited for a database that was away, once for each of its lanes.
  expect(child.exitCode).toBe(0);
}, 60_000);
