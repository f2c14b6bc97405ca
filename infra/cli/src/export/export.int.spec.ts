import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProjectors } from '@parley/projectors/start';
import { tellExample } from '@parley/projectors/testing/example-workspace.spec';
import { World } from '@parley/projectors/testing/world.spec';
import { main } from '../program.ts';
import { readDatasets } from './datasets.ts';
import { exportViews, type ExportOptions } from './export-views.ts';
import { type Format, formats } from './formats.ts';

/** Goal: what is exported is what the database holds, in every format, read by a program that knows nothing of Parley. */
let world: World;
const out = mkdtempSync(join(tmpdir(), 'parley-export-'));
let duck: Awaited<ReturnType<DuckDBInstance['connect']>>;

beforeAll(async () => {
  world = await World.start();
  await using _projectors = await startProjectors(world.config());
  await tellExample(world);
  await world.settled();
  // Enough for several row groups and many fetches.
  await world.sql`insert into ops.query_use (hour, question, outcome, asked, empty, counts)
    select timestamptz '2020-01-01' + make_interval(hours => i), 'history', 'ok', i, i % 7, array_fill(i::bigint, array[17]) from generate_series(1, 25000) i`;
  duck = await (await DuckDBInstance.create()).connect();
  // Where an instant without its zone would be taken for another one.
  await duck.run(`set TimeZone = 'Asia/Seoul'`);
}, 120_000);
afterAll(async () => {
  duck?.closeSync();
  rmSync(out, { recursive: true, force: true });
  await world?.[Symbol.asyncDispose]();
});

const exported = (format: Format, more: Partial<ExportOptions> = {}) => exportViews({
  sql: world.sql, what: ['messages', 'rooms', 'member_versions', 'query_hours'], format, out: join(out, format), formulaGuard: true, force: true, signal: new AbortController().signal, ...more,
});
const source: Readonly<Record<Format, (file: string) => string>> = {
  parquet: (file) => `'${file}'`,
  csv: (file) => `read_csv('${file}', header = true, all_varchar = true, nullstr = '', allow_quoted_nulls = false)`,
  ndjson: (file) => `read_ndjson_auto('${file}')`,
};
/** DuckDB takes instants of JSON for those of no zone, in UTC as they are written. */
const instantAs: Readonly<Record<Format, string>> = { parquet: 'timestamptz', csv: 'timestamptz', ndjson: 'timestamp' };
const asked = async (query: string): Promise<Record<string, unknown>[]> => (await duck.runAndReadAll(query)).getRowObjectsJson();

describe.each(formats)('%s', (format) => {
  test('read back by DuckDB has the rows and sums of the database', async () => {
    const { files } = await exported(format);
    for (const { dataset, file, rows } of files) {
      const [counted] = await world.sql<[{ count: number }]>`select count(*)::int as count from analytics.${world.sql(dataset)}`;
      expect(await asked(`select count(*)::int as count from ${source[format](file)}`)).toEqual([counted]);
      expect(rows).toBe(counted.count);
    }
    const [sums] = await world.sql`select sum(asked)::text as asked, sum(empty)::text as empty, count(distinct hour)::text as hours, round(sum(p50_ms))::text as p50 from analytics.query_hours`;
    const file = join(out, format, `query_hours.${format}`);
    expect(await asked(`select sum(asked::bigint)::varchar as asked, sum(empty::bigint)::varchar as empty, count(distinct hour)::varchar as hours, round(sum(p50_ms::double))::bigint::varchar as p50 from ${source[format](file)}`)).toEqual([sums]);
  });

  test('has every value of every message as the database says it', async () => {
    const columns = ['room_id', 'n', 'ordinal', 'message_id', 'author', 'state', 'reply_n', 'has_link', 'mentions', 'pinned', 'source', 'redacted_by', 'seq'];
    const instants = ['at', 'said_at', 'edited_at', 'redacted_at'];
    const own = await world.sql.unsafe(`select ${columns.map((name) => `${name}::text`).join(', ')}, ${instants.map((name) => `(extract(epoch from ${name}) * 1000)::bigint::text as ${name}`).join(', ')}, month::text from analytics.messages as m order by m.room_id, m.n`);
    const file = join(out, format, `messages.${format}`);
    const read = await asked(`select ${columns.map((name) => `${name}::varchar as ${name}`).join(', ')}, ${instants.map((name) => `epoch_ms("${name}"::${instantAs[format]})::varchar as "${name}"`).join(', ')}, month::date::varchar as month from ${source[format](file)} order by room_id, n::bigint`);
    expect(read).toEqual([...own].map((row) => ({ ...row })));
  });
});

test('all files are of one instant and described, and hashes are those of the files', async () => {
  const { files, position, at } = await exported('parquet', { what: ['messages', 'rooms', 'member_versions'] });
  const schema = JSON.parse(readFileSync(join(out, 'parquet', 'schema.json'), 'utf8')) as { position: string; at: string; withText: boolean; files: { file: string; sha256: string; columns: { name: string; comment: string }[] }[] };
  expect(schema).toMatchObject({ position, at, withText: false });
  expect(position).toMatch(/^c1\./);
  for (const { file, columns, sha256 } of schema.files) {
    expect(sha256).toBe(files.find((one) => one.file.endsWith(file))?.sha256);
    expect(columns.filter(({ comment }) => comment === '')).toEqual([]);
    const read = await asked(`describe select * from '${join(out, 'parquet', file)}'`);
    expect(read.map((row) => row['column_name'])).toEqual(columns.map(({ name }) => name));
  }
  expect(readFileSync(join(out, 'parquet', 'README.md'), 'utf8')).toContain('| `said_at` | instant | When it was said');
});

test('limits of room and time are kept to, month by month', async () => {
  const { files } = await exported('ndjson', { what: ['messages', 'events'], out: join(out, 'limits'), room: 'kitchen', since: '2026-03-03T00:00:00.000Z', until: '2026-03-05T00:00:00.000Z' });
  const [messages, events] = await Promise.all(files.map(({ file }) => asked(`select distinct room_id, cast("at" as date)::varchar as day from read_ndjson_auto('${file}') order by day`)));
  expect(messages).toEqual([{ room_id: 'kitchen', day: '2026-03-03' }, { room_id: 'kitchen', day: '2026-03-04' }]);
  expect(events).toEqual([{ room_id: 'kitchen', day: '2026-03-04' }]);
});

test('texts are there only when asked for, with a reason that stays; what was taken away is not', async () => {
  const whole = (folder: string) => ['messages.csv', 'rooms.csv', 'people.csv'].map((file) => readFileSync(join(out, folder, file), 'utf8')).join('');
  const what = ['messages', 'rooms', 'people'];
  await exported('csv', { what, out: join(out, 'facts') });
  for (const word of ['Where do we eat', '안녕하세요', 'lab,', 'Ann']) expect(whole('facts').replaceAll('lab,', (found) => (/^lab,/m.test(whole('facts')) ? '' : found))).not.toContain(word);
  expect(await world.sql`select 1 from analytics.text_access`).toEqual([]);
  await exported('csv', { what, out: join(out, 'texts'), reason: 'a test of exports' });
  expect(whole('texts')).toContain('안녕하세요, 점심 같이 먹어요');
  expect(whole('texts')).toContain('은주');
  for (const gone of ['something rude', 'buy this', 'Sorri.']) expect(whole('texts')).not.toContain(gone);
  expect(await world.sql`select reason, room_id from analytics.text_access`).toEqual([{ reason: 'a test of exports', room_id: null }]);
});

describe('the command', () => {
  const parley = (...args: string[]) => main(args, { DATABASE_URL: world.env['DATABASE_URL'], PATH: process.env['PATH'] });

  test('writes, and refuses to write over or without a reason', async () => {
    const folder = join(out, 'command');
    expect(await parley('export', '--what', 'rooms,people', '--format', 'csv', '--out', folder, '--json')).toBe(0);
    expect(existsSync(join(folder, 'rooms.csv'))).toBe(true);
    expect(await parley('export', '--what', 'rooms', '--format', 'csv', '--out', folder)).toBe(2);
    expect(await parley('export', '--what', 'secrets', '--out', join(out, 'none'))).toBe(2);
    expect(existsSync(join(out, 'none'))).toBe(false);
    expect(await parley('export', '--with-text', '--out', join(out, 'none'))).toBe(2);
    expect((await readDatasets(world.sql, false)).get('activity_hours')).toMatchObject({ timeColumn: 'hour' });
  });

  test('leaves nothing half behind when it is cut off', async () => {
    const abort = new AbortController();
    await expect(exported('parquet', { what: ['query_hours'], out: join(out, 'cut'), signal: abort.signal, onProgress: () => abort.abort() })).rejects.toThrow('Interrupted');
    expect([existsSync(join(out, 'cut', 'query_hours.parquet')), existsSync(join(out, 'cut', 'query_hours.parquet.part'))]).toEqual([false, false]);
  });

  test('makes analysts who can sign in with a password that no statement carried, and takes them away', async () => {
    expect(await parley('analysts', 'create', 'grace', '--text')).toBe(0);
    expect(await world.sql`select name, with_text from ops.analyst`).toEqual([{ name: 'grace', with_text: true }]);
    expect(await parley('analysts', 'create', 'parley')).toBe(2);
    expect(await parley('analysts', 'drop', 'grace')).toBe(0);
    expect(await parley('analysts', 'drop', 'grace')).toBe(2);
    expect(await world.sql`select 1 from pg_roles where rolname = 'grace'`).toEqual([]);
  });
});
