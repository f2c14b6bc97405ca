import { setTimeout as pause } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import { streamNames } from '@parley/contracts/wire/partition';
import { streamState } from '@parley/kernel/event-store/read-stream';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import type { Sql } from '@parley/kernel/stores/postgres';
import { canonicalDump, type CanonicalDump } from '@parley/projectors/canonical-dump';
import { cleanFold } from '@parley/projectors/clean-fold';
import { CliError, exitCodes } from '../exit-codes.ts';
import type { Finding } from './finding.ts';

export type RowsReport = { readonly rows: number; readonly tables: Readonly<Record<string, number>>; readonly hash: string; readonly findings: readonly Finding[] };

const settleMsMax = 60_000;
const attemptsMax = 3;
/** Fields that hold what people wrote: only that they differ is told. */
const personal: ReadonlySet<string> = new Set(['text', 'name', 'topic', 'pending_name', 'status_text', 'status_emoji']);

export type RowsOptions = { readonly nc: NatsConnection; readonly sql: Sql; readonly databaseUrl: string; readonly opener: ContentOpener; readonly signal: AbortSignal; readonly note: (text: string) => void };

/**
 * Compares the read model's rows with a fold of the whole log into a scratch database by the same projections. Both must
 * stand at the same place, so it waits until the projections have reached the log's end, and begins again if something
 * was written meanwhile. Throws CliError (69) when the log never comes to rest.
 */
export async function checkRows(options: RowsOptions): Promise<RowsReport> {
  const { nc, sql, databaseUrl, opener, signal, note } = options;
  const parked = await parkedFindings(sql);
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    note('waiting for the projections to reach the log’s end');
    const ends = await settled(options);
    note('reading the rows');
    const live = await canonicalDump(sql);
    if (!same(ends, await endsOf(nc))) {
      if (attempt >= attemptsMax) throw new CliError(exitCodes.unavailable, 'The log is written to all the time, so rows and log cannot be compared.', 'Stop what writes, or compare without --rows.');
      continue;
    }
    note('folding the log into a scratch database');
    const folded = await cleanFold({ nc, databaseUrl, opener, upTo: ends });
    const rows = Object.values(live.tables).reduce((sum, table) => sum + table.rows, 0);
    const tables = Object.fromEntries(Object.entries(live.tables).map(([name, table]) => [name, table.rows]));
    const findings = live.hash === folded.hash ? [] : await differences(options, ends, live, folded);
    return { rows, tables, hash: live.hash, findings: [...parked, ...findings] };
  }
}

type Ends = ReadonlyMap<string, number>;

async function endsOf(nc: NatsConnection): Promise<Ends> {
  return new Map(await Promise.all(streamNames.map(async (name) => [name, (await streamState(nc, name)).lastSeq] as const)));
}

const same = (left: Ends, right: Ends): boolean => [...left].every(([stream, seq]) => right.get(stream) === seq);

async function settled({ nc, sql, signal }: RowsOptions): Promise<Ends> {
  const until = Date.now() + settleMsMax;
  for (;;) {
    signal.throwIfAborted();
    const ends = await endsOf(nc);
    const checkpoints = await sql<{ projection: string; stream: string; seq: number }[]>`select projection, stream, seq from ops.active_checkpoint`;
    const behind = checkpoints.find(({ stream, seq }) => seq < (ends.get(stream) ?? 0));
    const unread = [...ends].find(([stream, seq]) => seq > 0 && !checkpoints.some((checkpoint) => checkpoint.stream === stream));
    if (!behind && !unread) return ends;
    if (Date.now() > until) {
      const where = behind ? `${behind.projection} is at ${behind.seq} of ${ends.get(behind.stream)} on ${behind.stream}` : `nobody reads ${unread?.[0]}`;
      throw new CliError(exitCodes.unavailable, `The projections do not reach the log’s end: ${where}.`, 'Are the projectors running? See parley lag and parley parked list.');
    }
    await pause(100);
  }
}

async function parkedFindings(sql: Sql): Promise<Finding[]> {
  const rows = await sql<{ projection: string; stream: string; kind: string; aggregate: string; from_seq: number; from_n: number; reason: string }[]>`select * from ops.active_parked order by parked_at limit 100`;
  return rows.map(({ projection, stream, kind, aggregate, from_seq, from_n, reason }) => ({ check: 'parked', kind, id: aggregate, n: from_n, stream, seq: from_seq, what: `${projection} set it aside: ${reason}` }));
}

/** Folds once more to name, in each table that differs, the first row that does. */
async function differences({ nc, sql, databaseUrl, opener, note }: RowsOptions, ends: Ends, live: CanonicalDump, folded: CanonicalDump): Promise<Finding[]> {
  const tables = Object.keys({ ...live.tables, ...folded.tables }).filter((name) => live.tables[name]?.hash !== folded.tables[name]?.hash);
  note(`${tables.join(', ')} differ: looking for the first row`);
  const rowsOf = async (from: Sql): Promise<Map<string, string[]>> => {
    const rows = new Map<string, string[]>(tables.map((name) => [name, []]));
    await canonicalDump(from, (table, row) => rows.get(table)?.push(row));
    return rows;
  };
  const has = await rowsOf(sql);
  let shouldHave = new Map<string, string[]>();
  await cleanFold({
    nc, databaseUrl, opener, upTo: ends,
    inspect: async (scratch) => {
      shouldHave = await rowsOf(scratch);
    },
  });
  return tables.map((name) => differenceIn(name, has.get(name) ?? [], shouldHave.get(name) ?? []));
}

/** Exported for its spec: compares two lists of rows in the order of their keys. */
export function differenceIn(table: string, has: readonly string[], shouldHave: readonly string[]): Finding {
  const at = shouldHave.findIndex((row, index) => has[index] !== row);
  const [is, must] = at < 0 ? [has[shouldHave.length], undefined] : [has[at], shouldHave[at]];
  const counts = has.length === shouldHave.length ? '' : ` (${has.length} rows, the log says ${shouldHave.length})`;
  const row = JSON.parse(must ?? is ?? '{}') as Record<string, unknown>;
  const other = JSON.parse((must === undefined ? undefined : is) ?? '{}') as Record<string, unknown>;
  const fields = Object.keys(row).filter((field) => JSON.stringify(row[field]) !== JSON.stringify(other[field]));
  const said = fields.map((field) => (personal.has(field) ? field : `${field} is ${JSON.stringify(other[field])}, the log says ${JSON.stringify(row[field])}`));
  const n = ['n', 'message_n', 'joined_n'].map((field) => row[field]).find((value) => typeof value === 'number');
  const id = ['room_id', 'id', 'user_id'].map((field) => row[field]).find((value) => typeof value === 'string');
  const isSameRow = must !== undefined && is !== undefined && (row['room_id'] ?? row['user_id'] ?? row['id']) === (other['room_id'] ?? other['user_id'] ?? other['id']) && row['n'] === other['n'];
  const what = must === undefined ? 'a row too many' : isSameRow ? said.join('; ') : 'a row is missing';
  return { check: 'rows', what: `table ${table}${counts}: ${what}`, ...(id !== undefined && { kind: 'room_id' in row ? 'room' : 'user', id }), ...(n !== undefined && { n }) };
}
