import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { streamIndexOf } from '@parley/contracts/wire/partition';
import { until } from '@parley/dev/until';
import type { Sql } from '@parley/kernel/stores/postgres';
import { latencyBoundariesMs } from '@parley/kernel/telemetry/telemetry';
import { makeGeneration, swapIn } from '../rebuild/rebuild.ts';
import { startProjectors } from '../start.ts';
import { ann, bob, cem, dee, fay, tellExample } from '../testing/example-workspace.spec.ts';
import { conversationsNow, rebuildDeps } from '../testing/rebuilding.spec.ts';
import { Story } from '../testing/stories.spec.ts';
import { World } from '../testing/world.spec.ts';
import { answerTable, partsOf } from './analyst-page.spec.ts';

/** Goal: the page for analysts runs as printed, its answers are what the log says, and nobody reads or hurts more than they may. */
let world: World;
let projectors: Awaited<ReturnType<typeof startProjectors>>;
let cursorOfMidMarch: string;
let analyst: Sql;
const page = fileURLToPath(new URL('../../../infra/docs/analysts.md', import.meta.url));
const viewsPage = fileURLToPath(new URL('../../../infra/docs/analysts-views.md', import.meta.url));

beforeAll(async () => {
  world = await World.start();
  projectors = await startProjectors(world.config());
  ({ cursorOfMidMarch } = await tellExample(world));
  await world.settled();
  await world.sql`select ops.create_analyst('ada', 'secret-of-ada'), ops.create_analyst('tom', 'secret-of-tom', with_text => true)`;
  analyst = signIn('ada');
}, 120_000);
afterAll(async () => {
  await analyst?.end();
  await projectors?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

function signIn(role: string, max = 1): Sql {
  const url = new URL(world.servers.postgres.databaseUrl);
  url.username = role;
  url.password = `secret-of-${role}`;
  // As any client: what the role begins with is not overridden.
  return postgres(url.href, { max, onnotice: () => {} }) as unknown as Sql;
}

test('every block of the page runs, and its answer is the one that is printed', async () => {
  const printed = readFileSync(page, 'utf8');
  const parts = partsOf(printed);
  expect(parts.filter((part) => 'sql' in part && /^\d+\. /.test(part.question))).toHaveLength(20);
  let told = '';
  for (const part of parts) {
    if ('text' in part) told += part.text;
    else told += `\`\`\`sql\n${part.sql}\`\`\`\n\n${await answerTable(analyst, part.sql.replaceAll('$CURSOR', cursorOfMidMarch))}`;
  }
  await expect(told).toMatchFileSnapshot(page);
}, 60_000);

test('every view, column and function is described, and the page of them is in step', async () => {
  const views = await world.sql<{ schema: string; view: string; comment: string | null; columns: { name: string; type: string; comment: string | null }[] }[]>`
    select s.nspname as schema, c.relname as view, obj_description(c.oid, 'pg_class') as comment, (
      select jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'comment', col_description(c.oid, a.attnum)) order by a.attnum)
      from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
    from pg_class c join pg_namespace s on s.oid = c.relnamespace where s.nspname in ('analytics', 'analytics_text') and c.relkind = 'v' order by 1, 2`;
  const functions = await world.sql<{ schema: string; call: string; comment: string | null }[]>`
    select s.nspname as schema, p.proname || '(' || pg_get_function_arguments(p.oid) || ') → ' || pg_get_function_result(p.oid) as call, obj_description(p.oid, 'pg_proc') as comment
    from pg_proc p join pg_namespace s on s.oid = p.pronamespace where s.nspname in ('analytics', 'analytics_text') order by 1, 2`;
  expect(views.length).toBeGreaterThan(20);
  const undescribed = [
    ...views.flatMap(({ schema, view, comment, columns }) => [...(comment === null ? [`${schema}.${view}`] : []), ...columns.filter((column) => column.comment === null).map(({ name }) => `${schema}.${view}.${name}`)]),
    ...functions.filter(({ comment }) => comment === null).map(({ schema, call }) => `${schema}.${call}`),
  ];
  expect(undescribed).toEqual([]);
  const lines = ['# Views for analysts', '', 'Made of the comments in the database (`projectors/migrations`) and checked against them by a test. [How to ask](analysts.md).'];
  for (const schema of ['analytics', 'analytics_text']) {
    lines.push('', `## Schema ${schema}`);
    for (const { view, comment, columns } of views.filter((one) => one.schema === schema)) {
      lines.push('', `### ${view}`, comment!, '', '| Column | Type | What it is |', '| --- | --- | --- |', ...columns.map((column) => `| \`${column.name}\` | ${column.type} | ${column.comment} |`));
    }
    lines.push('', `### Functions of ${schema}`, '', '| Function | What it does |', '| --- | --- |', ...functions.filter((one) => one.schema === schema).map(({ call, comment }) => `| \`${call}\` | ${comment} |`));
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(viewsPage);
});

test.each(['activity_hours', 'activity_days', 'person_days', 'retention_weeks', 'membership_days'])('%s counts by hours, days and weeks of UTC, whatever zone a session is set to', async (view) => {
  const begins = { activity_hours: 'hour', retention_weeks: 'cohort' }[view] ?? 'day';
  const seen: object[][] = [];
  for (const zone of ['UTC', 'Asia/Kolkata', 'America/New_York', 'Pacific/Auckland']) {
    const rows = await analyst.begin(async (tx) => {
      await tx`select set_config('TimeZone', ${zone}, true)`;
      return tx<{ row: Record<string, unknown> }[]>`select to_jsonb(v) - ${begins} || jsonb_build_object('begins', extract(epoch from ${tx(begins)})) as row from analytics.${tx(view)} v order by v`;
    });
    seen.push(rows.map(({ row }) => row));
  }
  expect(seen[0]!.length).toBeGreaterThan(1);
  for (const rows of seen) expect(rows).toEqual(seen[0]);
});

describe('as of', () => {
  test('every event of a room, the members are those whose stays say so', async () => {
    const stories = ['story-1', 'story-2', 'story-3'].map((id, seed) => new Story(world, id, 40 + seed));
    for (const story of stories) await story.go(60, true);
    await world.settled();
    const differing = await world.sql`
      with places as (select r.room_id, g.n from rm.room r cross join lateral generate_series(1, r.n) as g(n) where r.room_id like 'story-%'),
      stays as (select p.room_id, p.n, m.user_id from places p join rm.member m on m.room_id = p.room_id and m.joined_n <= p.n and (m.left_n is null or m.left_n > p.n)),
      versions as (select p.room_id, p.n, m.user_id from places p cross join lateral analytics.members_at(p.room_id, p.n) m)
      (select 'too few' as what, * from (select * from stays except all select * from versions) a) union all (select 'too many', * from (select * from versions except all select * from stays) b)`;
    expect(differing).toEqual([]);
    const [{ places }] = await world.sql<[{ places: number }]>`select sum(n)::int as places from rm.room where room_id like 'story-%'`;
    expect(places).toBeGreaterThan(150);
  });

  test('a cursor at every commit that changed members, the members are those right after its last event', async () => {
    const differing = await world.sql`
      with places as (
        select o.room_id, o.seq, max(o.n) as n from rm.note o where o.room_id like 'story-%' group by o.room_id, o.seq),
      cursors as (
        select p.*, 'c1.' || (select epoch from ops.log) || '.' || (
          select string_agg(case when i = analytics.stream_of(p.room_id) then analytics.to_base36(p.seq) else '' end, '~' order by i) from generate_series(0, 19) i) as cursor
        from places p),
      at_cursor as (select c.room_id, c.n, m.user_id, m.role from cursors c cross join lateral analytics.members_at(c.cursor) m where m.room_id = c.room_id),
      at_event as (select c.room_id, c.n, m.user_id, m.role from cursors c cross join lateral analytics.members_at(c.room_id, c.n) m)
      (select * from at_cursor except all select * from at_event) union all (select * from at_event except all select * from at_cursor)`;
    expect(differing).toEqual([]);
  });

  test('now, by moment and by cursor, is what the rooms are', async () => {
    const rooms = await world.sql`select room_id, kind, history, archived, members, messages from analytics.rooms where not deleted order by room_id`;
    for (const place of [(await world.sql<{ cursor: string }[]>`select analytics.cursor_now() as cursor`)[0]!.cursor, '2100-01-01']) {
      expect(await world.sql`select * from analytics.rooms_at(${place}::text) order by room_id`).toEqual(rooms);
    }
    const roles = await world.sql`select room_id, user_id, role from rm.member where left_n is null order by 1, 2`;
    expect(await world.sql`select room_id, user_id, role from analytics.members_at(clock_timestamp()) order by 1, 2`).toEqual(roles);
  });

  test('a cursor gives the same answer whatever came after it', async () => {
    const before = await analyst.unsafe('select * from members_at($1::text) order by 1, 2', [cursorOfMidMarch]);
    const kitchen = before.filter((row) => row['room_id'] === 'kitchen').map((row) => row['user_id'] as string);
    // Fay was removed and Dee left only later; nobody had made the stories yet.
    expect(kitchen).toEqual([ann, bob, cem, dee, fay]);
    expect(before.some((row) => (row['room_id'] as string).startsWith('story'))).toBe(false);
  });

  test('the rule of streams is the one of the log', async () => {
    const ids = Array.from({ length: 200 }, (_, index) => `room-${index * 7_919}`);
    const rows = await world.sql<{ id: string; stream: number }[]>`select id, analytics.stream_of(id) as stream from json_array_elements_text(${JSON.stringify(ids)}::text::json) as w(id)`;
    expect(rows.map(({ stream }) => stream)).toEqual(ids.map((id) => streamIndexOf('room', id)));
  });

  test('what is no place is refused, and so is another log’s', async () => {
    await expect(analyst.unsafe(`select * from members_at('c1.nonsense')`)).rejects.toThrow(/not a cursor/);
    await expect(analyst.unsafe(`select * from rooms_at('c1.other.1~2')`)).rejects.toThrow(/another log \(epoch other/);
    await expect(analyst.unsafe(`select * from rooms_at('yesterday-ish')`)).rejects.toThrow(/invalid input syntax/);
  });
});

test('times are counted in the buckets that services count in', async () => {
  const [{ bounds }] = await world.sql<[{ bounds: number[] }]>`select analytics.latency_bounds() as bounds`;
  expect(bounds).toEqual(latencyBoundariesMs);
});

describe('an analyst', () => {
  const refused = (query: string): Promise<string> => analyst.unsafe(query).then(() => 'allowed', (error: { code?: string; message: string }) => error.code ?? error.message);

  test('reads facts and nothing else', async () => {
    expect(await refused('select count(*) from analytics.messages')).toBe('allowed');
    for (const query of ['select text from rm.message', 'select * from ops.checkpoint', 'select name from analytics_text.rooms', `select analytics_text.open_access('because I can')`]) {
      expect([query, await refused(query)]).toEqual([query, '42501']);
    }
  });

  test('writes nothing, whatever the session says', async () => {
    await analyst.unsafe('set default_transaction_read_only = off');
    for (const query of [
      'create temporary table t (x int)', 'create table analytics.t (x int)', 'create schema mine', `insert into ops.text_access (role, reason, until) values ('x', 'no reason', now())`,
      'delete from analytics.rooms', 'select pg_advisory_lock(1)', 'select pg_try_advisory_lock(1819, 1)', `select ops.create_analyst('eve', 'x')`, `do $$ begin execute 'lock table rm.message'; end $$`,
      `do $$ begin execute 'lock table analytics.messages in access exclusive mode'; end $$`,
    ]) expect([query, await refused(query)]).toEqual([query, '42501']);
    await analyst.unsafe('reset all');
  });

  test('begins with bounds, and some stay whatever is set', async () => {
    const shown = async (name: string): Promise<string> => String((await analyst.unsafe(`show ${name}`))[0]![name]);
    expect(await Promise.all(['statement_timeout', 'idle_in_transaction_session_timeout', 'lock_timeout', 'work_mem', 'max_parallel_workers_per_gather', 'default_transaction_read_only', 'temp_file_limit', 'search_path'].map(shown)))
      .toEqual(['30s', '30s', '2s', '16MB', '0', 'on', '1GB', 'analytics']);
    expect(await refused(`set temp_file_limit = '10GB'`)).toBe('42501');
    const crowd = Array.from({ length: 3 }, () => signIn('ada'));
    const answers = await Promise.allSettled(crowd.map((one) => one`select pg_sleep(0.3)`));
    await Promise.all(crowd.map((one) => one.end()));
    expect(answers.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
  });

  test('who works on and on is ended, whatever the session says', async () => {
    const one = signIn('ada');
    await one.unsafe('set statement_timeout = 0');
    // Writes nothing: the bound of temporary files must not be what ends it.
    const work = one.unsafe('select count(*) from generate_series(1, 10000) a, generate_series(1, 10000) b, generate_series(1, 10000) c').then(() => 'finished', (error: { code?: string }) => error.code);
    await until('the work to be ended', async () => (await world.sql<[{ ended: number }]>`select ops.end_long_analyses(1) as ended`)[0].ended > 0);
    expect(await work).toMatch(/57P01|CONNECTION/);
    await one.end({ timeout: 1 });
    expect((await world.sql`select 1 from pg_stat_activity where usename = 'parley'`).length).toBeGreaterThan(0);
  });
});

describe('texts', () => {
  test('are given to nobody who has not said why', async () => {
    const tom = signIn('tom');
    await expect(tom.unsafe('select text from analytics_text.messages')).rejects.toThrow(/no access to texts is open/);
    await expect(tom.unsafe(`select analytics_text.open_access('no')`)).rejects.toThrow(/say why/);
    // Reading and rolling back would leave no trace: so nothing can be read before the access is committed.
    for (const inside of ['', 'savepoint s;']) {
      await expect(tom.begin(async (tx) => {
        await tx.unsafe(`${inside} select analytics_text.open_access('to roll it back')`);
        await tx.unsafe('select text from analytics_text.messages');
      })).rejects.toThrow(/no access to texts is open/);
    }
    expect(await world.sql`select 1 from analytics.text_access`).toEqual([]);
    await tom.end();
  });

  test('are given within the access, and what was taken away is in none', async () => {
    const tom = signIn('tom');
    await tom.unsafe(`select analytics_text.open_access('a report of spam', room => 'kitchen')`);
    const texts = await tom.unsafe('select room_id, text from analytics_text.messages order by n');
    expect(new Set(texts.map((row) => row['room_id'] as string))).toEqual(new Set(['kitchen']));
    const said = texts.map((row) => row['text'] as string);
    expect(said).toContain('Sorry.');
    expect(said).not.toContain(null);
    for (const gone of ['something rude', 'buy this', 'Sorri.', 'between us']) expect(said.join(' ')).not.toContain(gone);
    expect(await tom.unsafe('select room_id, name from analytics_text.rooms')).toEqual([{ room_id: 'kitchen', name: 'kitchen' }]);
    expect(await tom.unsafe('select * from analytics_text.people')).toEqual([]);
    // A condition that fails on a text is not asked of texts outside the access.
    await expect(tom.unsafe(`select 1 from analytics_text.messages where room_id = 'ann-and-bob' and text::int = 1`)).resolves.toEqual([]);
    expect(await analyst.unsafe('select role, reason, room_id from text_access')).toEqual([{ role: 'tom', reason: 'a report of spam', room_id: 'kitchen' }]);
    expect(await tom.unsafe('select analytics_text.close_access() as closed')).toEqual([{ closed: 1 }]);
    await expect(tom.unsafe('select 1 from analytics_text.messages')).rejects.toThrow(/no access/);
    await tom.unsafe(`select analytics_text.open_access('to look up names', 1)`);
    expect((await tom.unsafe('select name from analytics_text.people order by user_id')).map((row) => row['name'] as string)).toEqual(['Ann', 'Bob', 'Cem', 'Dee', '은주', 'Guest 1']);
    await expect(tom.unsafe('delete from ops.text_access')).rejects.toThrow(/permission denied/);
    await tom.end();
  });
});

test('another generation of rows takes the views along, and answers the same', async () => {
  const asked = 'select * from rooms_at($1::text) order by room_id';
  const before = await analyst.unsafe(asked, [cursorOfMidMarch]);
  const generationNow = async () => (await analyst.unsafe(`select distinct generation from freshness where projection = 'conversations'`)).map((row) => row['generation'] as number);
  expect(await generationNow()).toEqual([1]);
  {
    await using deps = await rebuildDeps(world);
    await swapIn(deps, [await makeGeneration(deps, conversationsNow(), { verify: true })], { parkedMayDiffer: false });
  }
  expect(await generationNow()).toEqual([2]);
  expect(await analyst.unsafe(asked, [cursorOfMidMarch])).toEqual(before);
}, 60_000);
