import { setTimeout as pause } from 'node:timers/promises';
import { streamState } from '@parley/kernel/event-store/read-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalDump } from '../canonical-dump.ts';
import { allProjections } from '../projections/all.ts';
import type { RebuildCrashLabel } from '../runner/crash-point.ts';
import { startProjectors } from '../start.ts';
import { conversationsNow, forkRebuild, rebuildDeps } from '../testing/rebuilding.spec.ts';
import { person, Story } from '../testing/stories.spec.ts';
import { uuidv7, World } from '../testing/world.spec.ts';
import { fillStream } from './fill.ts';
import { dropOld, makeGeneration, rollBack, swapIn } from './rebuild.ts';
import { SwapRefused } from './swap.ts';

/** Goal: rows can be made anew at any time, equal to those that are read, without anybody noticing. */
let world: World;
let stories: readonly Story[];
let projectors: Awaited<ReturnType<typeof startProjectors>>;
beforeAll(async () => {
  world = await World.start();
  stories = Array.from({ length: 6 }, (_, index) => new Story(world, `tale-${index}`, 40 + index));
  projectors = await startProjectors(world.config());
  await Promise.all(stories.map((story) => story.go(40)));
}, 180_000);
afterAll(async () => {
  await projectors?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const states = async () => (await world.sql<{ generation: number; state: string }[]>`select generation, state from ops.generation where projection = 'conversations' and state <> 'retired' order by generation`).map(({ generation, state }) => `${generation} ${state}`);

/** Posts until told to stop, `perSecond` messages in rooms of their own. */
function chatter(perSecond: number) {
  const ended = new AbortController();
  let posted = 0;
  const talk = async (room: string): Promise<void> => {
    await world.append({ kind: 'room', id: room }, [{ type: 'room.created', by: person(1), data: { kind: 'public', history: 'all', createdBy: person(1) }, content: { name: room } }]);
    const begun = performance.now();
    for (let ordinal = 1; !ended.signal.aborted; ordinal += 1) {
      await world.append({ kind: 'room', id: room }, [{ type: 'message.posted', by: person(1), data: { messageId: uuidv7(), author: person(1), ordinal, hasLink: false, mentions: [] }, content: { text: `word ${ordinal}` } }]);
      posted += 1;
      await pause(Math.max(0, begun + (ordinal * 4_000) / perSecond - performance.now()));
    }
  };
  const begun = performance.now();
  const talking = Promise.all(Array.from({ length: 4 }, (_, index) => talk(`chatter-${uuidv7()}-${index}`)));
  return { async stop() { ended.abort(); await talking; return posted / ((performance.now() - begun) / 1_000); } };
}

async function equalToAFold(): Promise<void> {
  await world.settled();
  const { rows, fold } = await world.dumps();
  expect(rows.tables).toEqual(fold.tables);
}

describe('while 200 messages a second come in', () => {
  test('rows are made anew, found equal in one cut, swapped in, and the old ones kept current to go back to', async () => {
    await using deps = await rebuildDeps(world);
    const talk = chatter(200);
    const made = await makeGeneration(deps, conversationsNow(), { verify: true });
    expect(made.comparison).toMatchObject({ equal: true, counts: {}, parked: [], erased: 0 });
    expect(await states()).toEqual(['1 active', '2 building']);
    const report = await swapIn(deps, [made], { parkedMayDiffer: false });
    expect(await states()).toEqual(['1 standby', '2 active']);
    expect(report.swapMs).toBeLessThan(500);
    await Promise.all(stories.map((story) => story.go(5)));
    // What came after the swap is in the rows that one goes back to.
    const back = await rollBack(deps, conversationsNow(), allProjections());
    expect(back).toMatchObject({ from: 2, to: 1 });
    const perSecond = await talk.stop();
    await equalToAFold();
    await rollBack(deps, conversationsNow(), allProjections());
    await equalToAFold();
    expect(await dropOld(deps, conversationsNow())).toEqual([1]);
    expect(await states()).toEqual(['2 active']);
    console.log(`${perSecond.toFixed(0)} messages/s meanwhile; swap ${report.swapMs} ms for readers, ${report.heldMs} ms for projectors`);
  }, 120_000);
});

describe('killed at a labelled point, it goes on from there', () => {
  test.each<RebuildCrashLabel>(['rebuild-chunk', 'rebuild-chunk-done', 'rebuild-indexes', 'rebuild-compare', 'rebuild-standby', 'rebuild-swap', 'rebuild-swapped'])('%s', async (label) => {
    const before = (await states()).find((state) => state.endsWith('active'));
    const doomed = forkRebuild(world, { PARLEY_CRASH_AT: `${label}:${label.startsWith('rebuild-chunk') ? 4 : 1}` });
    expect(await doomed.ended).toBe('SIGKILL');
    if (label !== 'rebuild-swapped') expect(await states()).toContain(before);
    await Promise.all(stories.map((story) => story.go(3)));
    expect(await forkRebuild(world).ended).toBe(0);
    expect((await states()).filter((state) => state.endsWith('active'))).not.toEqual([before]);
    await equalToAFold();
  }, 90_000);
});

describe('nothing wrong is swapped in', () => {
  test('a row that somebody changed is named, never what it says', async () => {
    await using deps = await rebuildDeps(world);
    const [row] = await world.sql<{ n: number }[]>`select n from rm.message where room_id = 'tale-1' and state = 'shown' order by n limit 1`;
    await world.sql`update rm.message set text = 'forged', revision = revision + 1000 where room_id = 'tale-1' and n = ${row!.n}`;
    await world.sql`delete from rm.note where room_id = 'tale-2' and n = 1`;
    const made = await makeGeneration(deps, conversationsNow(), { verify: true });
    expect(made.comparison).toMatchObject({
      equal: false, counts: { message: 1, note: 1 },
      differences: [
        { table: 'message', what: 'differs', key: ['tale-1', row!.n, expect.any(String)], columns: expect.arrayContaining(['text', 'revision']) },
        { table: 'note', what: 'missing', key: ['tale-2', 1], columns: [] },
      ],
    });
    expect(JSON.stringify(made.comparison)).not.toContain('forged');
    // The log is right: what was made of it heals the rows.
    await swapIn(deps, [made], { parkedMayDiffer: false });
    await equalToAFold();
    await dropOld(deps, conversationsNow());
  }, 60_000);

  test('words that were erased since count as equal', async () => {
    await using deps = await rebuildDeps(world);
    await world.vault.destroy(`person:${person(2)}`, 'asked');
    const made = await makeGeneration(deps, conversationsNow(), { verify: true });
    expect(made.comparison).toMatchObject({ equal: true, counts: {} });
    expect((made.comparison as { erased: number }).erased).toBeGreaterThan(0);
    await swapIn(deps, [made], { parkedMayDiffer: false });
    expect(await world.sql`select 1 from rm.message where author = ${person(2)} and text is not null`).toEqual([]);
    await dropOld(deps, conversationsNow());
  }, 60_000);

  test('what is set aside in one of them only', async () => {
    await using deps = await rebuildDeps(world);
    const made = await makeGeneration(deps, conversationsNow(), { verify: true });
    const [active] = (await states()).map((state) => Number(state.split(' ')[0]));
    await world.sql`insert into ops.parked (projection, generation, stream, kind, aggregate, from_seq, from_n, reason) values ('conversations', ${active!}, 'EVT_0', 'room', 'only-here', 1, 1, 'spec')`;
    await expect(swapIn(deps, [made], { parkedMayDiffer: false })).rejects.toThrow(SwapRefused);
    expect(await states()).toContain(`${active} active`);
    await world.sql`delete from ops.parked where reason = 'spec'`;
    await dropOld(deps, conversationsNow());
  }, 60_000);

  test('a statement that runs for long is waited for, and nobody behind it', async () => {
    await using deps = await rebuildDeps(world);
    const made = await makeGeneration(deps, conversationsNow(), { verify: true });
    let slowest = 0;
    let asked = 0;
    const ended = new AbortController();
    const waited = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const slow = world.sql.begin(async (tx) => {
      await tx`select count(*) from rm.message`;
      begun.resolve();
      await waited.promise;
    });
    await begun.promise;
    let tries = 0;
    const onNote = (): void => { if ((tries += 1) === 5) waited.resolve(); };
    const asking = (async () => {
      while (!ended.signal.aborted) {
        const begun = performance.now();
        await deps.sql`select count(*) from rm.room`;
        slowest = Math.max(slowest, performance.now() - begun);
        asked += 1;
      }
    })();
    const report = await swapIn({ ...deps, onNote }, [made], { parkedMayDiffer: false });
    ended.abort();
    await asking;
    await slow;
    expect(report.attempts).toBeGreaterThan(5);
    expect(asked).toBeGreaterThan(10);
    expect(slowest).toBeLessThan(1_500);
    await dropOld(deps, conversationsNow());
  }, 60_000);
});

test('rows that fell behind are brought as far as those that are read before anybody is pointed at them', async () => {
  await using deps = await rebuildDeps(world);
  await swapIn(deps, [await makeGeneration(deps, conversationsNow(), { verify: false })], { parkedMayDiffer: false });
  await world.settled();
  await projectors[Symbol.asyncDispose]();
  await Promise.all(stories.map((story) => story.go(3)));
  const read = () => world.sql<{ stream: string; seq: number }[]>`select stream, seq from ops.active_checkpoint where projection = 'conversations' order by stream`;
  // Nobody but this goes on, and with the rows that are read alone.
  const generation = Number((await states()).find((state) => state.endsWith('active'))!.split(' ')[0]);
  const { onProgress: _shown, ...fillDeps } = deps;
  for (const { stream } of await read()) await fillStream(fillDeps, { projection: conversationsNow(), generation, stream }, (await streamState(world.nc, stream)).lastSeq);
  const before = await read();
  await rollBack(deps, conversationsNow(), allProjections());
  expect(await read()).toEqual(before);
  projectors = await startProjectors(world.config());
  await equalToAFold();
  await dropOld(deps, conversationsNow());
}, 60_000);

test('a release that changes a projection: the old rows answer until the new ones are swapped in, and can be gone back to', async () => {
  const changed = (): ReturnType<typeof conversationsNow> => {
    const old = conversationsNow();
    return {
      ...old, version: old.version + 1,
      tables: { ...old.tables, tables: old.tables.tables.replace('topic      text,', "topic      text,\n  shouted    boolean not null default false,") },
      save: (tx, schema, rows) => [...old.save(tx, schema, rows), tx`update ${tx(schema)}.room set shouted = name = upper(name) where name is not null`],
    };
  };
  const { bulk: _slow, ...next } = changed();
  await projectors[Symbol.asyncDispose]();
  {
    // A build that has the new rules alone says what to do, and the rows go on being read.
    await using alone = await startProjectors(world.config(), () => [next, ...allProjections().slice(1)]);
    await expect.poll(async () => (await fetch(`${alone.url}/health/ready`)).text(), { timeout: 10_000 }).toContain('run parley rebuild conversations');
    expect((await world.sql`select 1 from rm.room where room_id = 'tale-1'`).length).toBe(1);
  }
  // One that has both keeps the old rows current meanwhile.
  projectors = await startProjectors(world.config(), (tails) => [next, ...allProjections(tails)]);
  await stories[0]!.go(2);
  await world.append({ kind: 'room', id: 'loud' }, [{ type: 'room.created', by: person(1), data: { kind: 'public', history: 'all', createdBy: person(1) }, content: { name: 'LOUD' } }]);
  await world.settled();
  await using deps = await rebuildDeps(world);
  const made = await makeGeneration(deps, next, { verify: true });
  expect(made.comparison).toEqual({ left: expect.stringContaining(`version ${conversationsNow().version}`) });
  await swapIn(deps, [made], { parkedMayDiffer: false });
  expect(await world.sql`select shouted from rm.room where room_id = 'loud'`).toEqual([{ shouted: true }]);
  await stories[0]!.go(2);
  await rollBack(deps, next, [next, ...allProjections()]);
  expect(await world.sql`select shouted from rm.room where room_id = 'loud'`).toEqual([{ shouted: null }]);
  await equalToAFold();
  expect((await canonicalDump(world.sql)).tables['room']?.rows).toBeGreaterThan(6);
}, 90_000);

test('nothing is left of generations that were dropped', async () => {
  const left = await world.sql`
    select c.projection, c.generation from ops.checkpoint c join ops.generation g using (projection, generation) where g.state = 'retired'
    union all select s.nspname, 0 from pg_namespace s join ops.generation g on s.nspname = g.projection || '_' || g.generation where g.state = 'retired'`;
  expect(left).toEqual([]);
});
