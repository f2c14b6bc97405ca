import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { streamOf } from '@parley/contracts/wire/partition';
import { until } from '@parley/dev/until';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allProjections } from './projections/all.ts';
import type { AnyProjection, OpenedCommit } from './runner/projection.ts';
import { startProjectors } from './start.ts';
import type { TailWarmer } from './tails/tail-warmer.ts';
import { person } from './testing/stories.spec.ts';
import { uuidv7, World, ws } from './testing/world.spec.ts';

/** Goal: whatever cannot be applied is set aside and listed; nobody else waits; what can be mended is mended by a retry. */
const neighbourMsMax = 5_000;
let world: World;
beforeAll(async () => { world = await World.start(); }, 120_000);
afterAll(() => world?.[Symbol.asyncDispose]());

const room = (id: string): AggregateRef => ({ kind: 'room', id });
const posted = (ordinal: number, text: string) => ({ type: 'message.posted', by: person(1), data: { messageId: uuidv7(), author: person(1), ordinal, hasLink: false, mentions: [] }, content: { text } });
async function newRoom(id: string): Promise<void> {
  await world.append(room(id), [
    { type: 'room.created', by: person(1), data: { kind: 'public', history: 'all', createdBy: person(1) }, content: { name: id }, commandId: uuidv7() },
    { type: 'room.member-joined', by: person(1), data: { userId: person(1), role: 'owner' } },
  ]);
}
/** A room on the same stream as another: it would wait if anybody does. */
function neighbourOf(id: string): string {
  for (let index = 0; ; index += 1) if (streamOf(room(`${id}-beside-${index}`)) === streamOf(room(id))) return `${id}-beside-${index}`;
}
const parkedOf = (id: string) => world.sql<{ reason: string; from_n: number; from_seq: number; detail: string }[]>`select reason, from_n, from_seq, detail from ops.parked where aggregate = ${id}`;
/** Posts into a room and returns after how many milliseconds it is a row. */
async function rowMs(id: string): Promise<number> {
  const begun = performance.now();
  await world.append(room(id), [posted(1, 'life goes on')]);
  await until(`the row of ${id}`, async () => (await world.sql`select 1 from rm.message where room_id = ${id}`).length === 1, { timeoutMs: 20_000 });
  return performance.now() - begun;
}

test('a handler that always throws: the room waits, and the next release applies all of it', async () => {
  const broken = (tails?: TailWarmer): AnyProjection[] => allProjections(tails).map((projection) => (projection.name !== 'conversations' ? projection : {
    ...projection,
    fold: (rows: any, commit: OpenedCommit) => {
      if (commit.id === 'cursed' && commit.n > 2) (undefined as unknown as { length: number }).length = 1;
      projection.fold(rows, commit);
    },
  }));
  const beside = neighbourOf('cursed');
  for (const id of ['cursed', beside]) await newRoom(id);
  {
    await using _projectors = await startProjectors(world.config(), broken);
    await world.append(room('cursed'), [posted(1, 'unbearable')]);
    expect(await rowMs(beside)).toBeLessThan(neighbourMsMax);
    await world.append(room('cursed'), [posted(2, 'later')]);
    await until('the room to be parked', async () => (await parkedOf('cursed')).length === 1);
    expect(await parkedOf('cursed')).toMatchObject([{ reason: 'fold-failed', from_n: 3 }]);
    await world.sql`update ops.parked set retry_requested_at = now()`;
    await until('the failed retry', async () => (await world.sql`select attempts from ops.parked where aggregate = 'cursed'`)[0]?.['attempts'] === 1);
  }
  await using _mended = await startProjectors(world.config());
  await world.sql`update ops.parked set retry_requested_at = now()`;
  await until('the retry', async () => (await parkedOf('cursed')).length === 0);
  await world.settled();
  const { rows, fold } = await world.dumps();
  expect(rows.tables).toEqual(fold.tables);
  expect(await world.sql`select 1 from rm.message where room_id = 'cursed'`).toHaveLength(2);
}, 90_000);

const facts = { messageId: uuidv7(), author: person(1), ordinal: 1, hasLink: false, mentions: [] };
const event = (more: object) => ({ type: 'message.posted', v: 2, commandId: uuidv7(), by: person(1), data: facts, ...more });
const poisons: readonly (readonly [string, string, (envelope: object) => Uint8Array])[] = [
  ['text that is no JSON', 'undecodable', () => Buffer.from('{"v":1,"this is":"no commit"')],
  ['bytes that are no text', 'undecodable', () => Buffer.from([0xff, 0xfe, 0x00, 0x80])],
  ['an envelope of version 99', 'undecodable', (envelope) => Buffer.from(JSON.stringify({ ...envelope, v: 99, events: [event({})] }))],
  ['an envelope without events', 'undecodable', (envelope) => Buffer.from(JSON.stringify({ ...envelope, events: [] }))],
  ['a field of 900 kB', 'invalid-event', (envelope) => Buffer.from(JSON.stringify({ ...envelope, events: [event({ data: { ...facts, messageId: 'x'.repeat(900_000) } })] }))],
  ['facts of another shape', 'invalid-event', (envelope) => Buffer.from(JSON.stringify({ ...envelope, events: [event({ data: { ...facts, ordinal: 'first' } })] }))],
  ['content that nobody sealed', 'content-broken', (envelope) => Buffer.from(JSON.stringify({ ...envelope, events: [event({ sealed: { k: 'nobody', c: 'AAAA' } })] }))],
  ['a commit of another room', 'wrong-subject', (envelope) => Buffer.from(JSON.stringify({ ...envelope, id: 'elsewhere', events: [event({})] }))],
];

test('each kind of poison is listed with its reason and place, and the room beside it does not wait', async () => {
  await using projectors = await startProjectors(world.config());
  const figures: string[] = [];
  for (const [index, [name, , make]] of poisons.entries()) {
    const id = `poison-${index}`;
    const beside = neighbourOf(id);
    for (const each of [id, beside]) await newRoom(each);
    const { n, prev } = world.head(room(id));
    const seq = await world.appendBytes(room(id), make({ v: 1, ws, kind: 'room', id, n: n + 1, prev, at: new Date().toISOString() }), 1);
    const ms = await rowMs(beside);
    figures.push(`${name}: ${Math.round(ms)} ms`);
    expect(ms, name).toBeLessThan(neighbourMsMax);
    await until(`${name} to be parked`, async () => (await parkedOf(id)).length === 1);
    expect((await parkedOf(id))[0], name).toMatchObject({ from_n: 3, from_seq: seq });
  }
  const reasons = await Promise.all(poisons.map(async (_, index) => (await parkedOf(`poison-${index}`))[0]?.reason));
  console.log(`rows of the room beside came after: ${figures.join('; ')}`);
  expect(reasons).toEqual(poisons.map(([, reason]) => reason));
  // What a row or a message held is not repeated where operators look.
  expect((await world.sql<{ detail: string }[]>`select detail from ops.parked`).every(({ detail }) => detail.length <= 500)).toBe(true);
  expect((await fetch(`${projectors.url}/health/ready`)).status).toBe(200);
}, 120_000);

test('an event of a newer version stops its stream with an alarm, and that stream alone', async () => {
  await newRoom('newer');
  const elsewhere = Array.from({ length: 100 }, (_, index) => `elsewhere-${index}`).find((id) => streamOf(room(id)) !== streamOf(room('newer')))!;
  await newRoom(elsewhere);
  await using projectors = await startProjectors(world.config());
  await world.append(room('newer'), [{ ...posted(1, 'from tomorrow'), v: 99 }]);
  expect(await rowMs(elsewhere)).toBeLessThan(neighbourMsMax);
  await until('the alarm', async () => (await (await fetch(`${projectors.url}/health/ready`)).text()).includes('message.posted v99'), { timeoutMs: 15_000 });
  const health = (await (await fetch(`${projectors.url}/health/projections`)).json()) as { degraded: string; lanes: { state: string; stream: string; projection: string }[] };
  expect(health.degraded).toContain('message.posted v99');
  expect(health.lanes.filter(({ state }) => state === 'stopped')).toMatchObject([{ projection: 'conversations', stream: streamOf(room('newer')) }]);
  expect(await parkedOf('newer')).toEqual([]);
}, 60_000);
