import { tailKey, tailMessagesMax, tailTtlMs } from '@parley/contracts/queries/tail';
import { streamIndexOf, streamNames, streamOf } from '@parley/contracts/wire/partition';
import { until } from '@parley/dev/until';
import { streamState } from '@parley/kernel/event-store/read-stream';
import { readEpochs } from '@parley/kernel/nats/epochs';
import { openRedis } from '@parley/kernel/stores/redis';
import { allProjections } from '@parley/projectors/projections/all';
import { makeGeneration, rollBack, swapIn } from '@parley/projectors/rebuild/rebuild';
import { Ownership } from '@parley/projectors/runner/ownership';
import { rebuildPostgres } from '@parley/projectors/search/rebuild-search';
import { startProjectors } from '@parley/projectors/start';
import { conversationsNow, rebuildDeps } from '@parley/projectors/testing/rebuilding.spec';
import { restoreStream } from '@parley/projectors/testing/restore.spec';
import { person, Story } from '@parley/projectors/testing/stories.spec';
import { uuidv7, World } from '@parley/projectors/testing/world.spec';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Asked, startAsked } from './testing/asker.spec.ts';

/** Goal: whoever asks never notices that the rows behind the answers are exchanged. */
let world: World;
let asked: Asked;
let projectors: Awaited<ReturnType<typeof startProjectors>>;
const [ann, bob] = [person(1), person(2)];
const swaps = 20;

beforeAll(async () => {
  world = await World.start(true);
  projectors = await startProjectors(world.config());
  asked = await startAsked(world);
  await Promise.all([new Story(world, 'saga', 5).go(60), new Story(world, 'fable', 6).go(30)]);
  await world.append({ kind: 'reader', id: ann }, [{ type: 'reader.marked', by: ann, data: { roomId: 'saga', n: 3 } }]);
  await world.append({ kind: 'room', id: 'hall' }, [
    { type: 'room.created', by: ann, data: { kind: 'public', history: 'all', createdBy: ann }, content: { name: 'hall' } },
    { type: 'room.member-joined', by: ann, data: { userId: ann, role: 'owner' } },
  ]);
  await world.append({ kind: 'user', id: ann }, [
    { type: 'user.registration-started', by: ann, data: { claimId: 'A'.repeat(43) }, content: { name: '앤' } },
    { type: 'user.registered', by: 'system', data: { claimId: 'A'.repeat(43) } },
  ]);
  await world.settled();
}, 180_000);
afterAll(async () => {
  await asked?.[Symbol.asyncDispose]();
  await projectors?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const paths = (): readonly (readonly [string, string, string])[] => [
  [ann, '/v1/me', 'user'], [ann, '/v1/me/rooms', 'user'], [ann, '/v1/rooms', 'user'], [ann, '/v1/rooms/hall', 'user'], [ann, '/v1/rooms/hall/members', 'user'],
  [ann, '/v1/rooms/hall/messages', 'user'], [ann, '/v1/rooms/hall/messages?before=40&limit=20', 'user'], [ann, '/v1/rooms/hall/pins', 'user'],
  [ann, '/v1/rooms/hall/receipts', 'user'], [ann, `/v1/users?ids=${ann},${bob}`, 'user'], [ann, '/v1/users?name=a', 'user'],
  ['system', `/internal/memberships?userId=${ann}`, 'system'],
];

test('an index that was made anew is read by whoever may read alone', async () => {
  const hits = async (): Promise<number> => (await asked.data(ann, '/v1/search?q=hidden')).hits.length;
  await world.append({ kind: 'room', id: 'hall' }, [{ type: 'message.posted', by: ann, data: { messageId: uuidv7(), author: ann, ordinal: 1, hasLink: false, mentions: [] }, content: { text: 'hidden words' } }]);
  await until('the message is found', async () => (await hits()) === 1);
  await using ownership = new Ownership(world.env['DATABASE_URL']!, 'spec');
  await rebuildPostgres({ nc: world.nc, sql: world.sql, ownership, signal: new AbortController().signal, onProgress: () => {} });
  expect(await hits()).toBe(1);
  const [{ writable }] = await world.sql<[{ writable: string[] }]>`
    select coalesce(array_agg(t.schemaname || '.' || t.tablename order by 1), '{}') as writable from pg_tables t
    where has_table_privilege('parley_query_service', quote_ident(t.schemaname) || '.' || quote_ident(t.tablename), 'insert, update, delete, truncate')`;
  expect(writable).toEqual(['ops.query_use']);
});

describe('twenty swaps back and forth', () => {
  test('no question fails, and nobody misses what was answered before', async () => {
    await using deps = await rebuildDeps(world);
    const made = await makeGeneration(deps, conversationsNow(), { verify: true });
    expect(made.comparison).toMatchObject({ equal: true });
    const usable = (await Promise.all(paths().map(async (each) => ((await asked.ask(...each)).status === 200 ? [each] : [])))).flat();
    expect(usable.length).toBeGreaterThanOrEqual(9);
    const ended = new AbortController();
    const failures: string[] = [];
    const stale: string[] = [];
    let answers = 0;
    const hammer = async (offset: number): Promise<void> => {
      for (let turn = offset; !ended.signal.aborted; turn += 1) {
        const [who, path, kind] = usable[turn % usable.length]!;
        const { status, body } = await asked.ask(who, path, kind);
        if (status !== 200) failures.push(`${path}: ${status} ${JSON.stringify(body)}`);
        answers += 1;
      }
    };
    /** Writes, then reads with the cursor of the write. */
    const write = async (): Promise<void> => {
      const stream = streamIndexOf('room', 'hall');
      for (let ordinal = 2; !ended.signal.aborted; ordinal += 1) {
        const seq = await world.append({ kind: 'room', id: 'hall' }, [{ type: 'message.posted', by: ann, data: { messageId: uuidv7(), author: ann, ordinal, hasLink: false, mentions: [] }, content: { text: `word ${ordinal}` } }]);
        const { status, body } = await asked.ask(ann, `/v1/rooms/hall/messages?limit=1&after=${asked.after(stream, seq)}`);
        if (status !== 200) failures.push(`after: ${status} ${JSON.stringify(body)}`);
        else if (body.stale !== true && body.data.ordinal < ordinal) stale.push(`at ${ordinal} the answer ends at ${body.data.ordinal} and does not say that it is stale`);
      }
    };
    const asking = Promise.all([hammer(0), hammer(3), hammer(7), write()]);
    const times = [(await swapIn(deps, [made], { parkedMayDiffer: false })).swapMs];
    for (let count = 1; count < swaps; count += 1) times.push((await rollBack(deps, conversationsNow(), allProjections())).swapMs);
    ended.abort();
    await asking;
    expect(failures).toEqual([]);
    expect(stale).toEqual([]);
    expect(answers).toBeGreaterThan(swaps * 10);
    const sorted = times.toSorted((a, b) => a - b);
    console.log(`${answers} answers during ${swaps} swaps, 0 failed; a swap takes ${sorted[swaps >> 1]} ms, at most ${sorted.at(-1)}`);
  }, 120_000);

  test('cached tails are of the rows that are read', async () => {
    await using deps = await rebuildDeps(world);
    await using cache = openRedis({ url: world.servers.redis!.url });
    const newest = async () => (await asked.data(ann, '/v1/rooms/hall/messages?limit=50')).messages.at(-1)?.text as string;
    await world.settled();
    const said = await newest();
    const [row] = await world.sql<{ n: number; generation: number; epoch: string; messages: { text: string }[] }[]>`
      select r.n, g.generation, l.epoch, (select json_agg(v.view order by v.ordinal) from rm.message_view v where v.room_id = r.room_id) as messages
      from rm.room r, ops.generation g, ops.log l where r.room_id = 'hall' and g.projection = 'conversations' and g.state = 'active'`;
    const forged = row!.messages.slice(-tailMessagesMax).map((message) => ({ ...message, text: 'forged' }));
    await cache.set(tailKey('hall', row!.n, row!.epoch, row!.generation), forged, tailTtlMs);
    expect(await newest()).toBe('forged');
    const made = await makeGeneration(deps, conversationsNow(), { verify: true });
    await swapIn(deps, [made], { parkedMayDiffer: false });
    expect(await newest()).toBe(said);
  }, 60_000);
});

test.each([['with a new epoch', 'restored'], ['without one', undefined]])('after a restore to an earlier point %s everything says “rebuild needed”, and a rebuild heals it', async (_how, epoch) => {
  await using deps = await rebuildDeps(world);
  const stream = streamOf({ kind: 'room', id: 'saga' });
  const end = (await streamState(world.nc, stream)).lastSeq;
  const cursor = asked.after(streamNames.indexOf(stream), end);
  await restoreStream(world.nc, stream, end - 12, epoch);
  await until('the projectors to say so', async () => (await (await fetch(`${projectors.url}/health/ready`)).text()).includes(`${stream}: rebuild needed`));
  await until('the readers to say so', async () => ((await (await fetch(`${asked.url}/health/projections`)).json()) as { degraded: string }).degraded?.includes('rebuild needed'));
  const made = [];
  for (const projection of allProjections()) made.push(await makeGeneration(deps, projection, { verify: true }));
  expect(made.filter(({ ofAnotherLog }) => ofAnotherLog).map(({ projection }) => projection.name)).toEqual(['conversations', 'people']);
  await swapIn(deps, made, { parkedMayDiffer: false });
  await until('the projectors to be ready', async () => (await fetch(`${projectors.url}/health/ready`)).status === 200);
  await until('the readers to be content', async () => ((await (await fetch(`${asked.url}/health/projections`)).json()) as { degraded: unknown }).degraded === null);
  const { rows, fold } = await world.dumps();
  expect(rows.tables).toEqual(fold.tables);
  const { combined } = await readEpochs(world.nc);
  expect(await world.sql`select epoch from ops.log`).toEqual([{ epoch: combined }]);
  // A cursor from before is of another log, unless nobody said that it is another.
  await until('the epoch to be told', async () => asked.decode((await asked.ask(ann, '/v1/me/rooms')).body.position).epoch === combined);
  if (epoch !== undefined) expect((await asked.ask(ann, `/v1/me/rooms?after=${cursor}`)).body.stale).toBe(true);
}, 120_000);
