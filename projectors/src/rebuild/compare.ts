import type { EventLog } from '@parley/kernel/event-store/event-log';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import type { Sql } from '@parley/kernel/stores/postgres';
import type { GenerationRef } from '../generations/generation.ts';
import { crashPoint } from '../runner/crash-point.ts';
import type { AnyProjection, Tx } from '../runner/projection.ts';
import { type Difference, differencesOf, ErasedWords } from './differences.ts';
import { hashHeaps, hashRows, rowsOfHeaps, type RowsHash, type TableHash } from './row-hash.ts';

export type ParkedDifference = { readonly stream: string; readonly kind: string; readonly aggregate: string; readonly parkedIn: 'live' | 'new' };
export type Comparison = {
  /** No row differs and the same aggregates are set aside. */
  readonly equal: boolean;
  readonly rows: number;
  readonly hash: string;
  /** How many rows differ, per table; rows whose words were erased meanwhile are not counted. */
  readonly counts: Readonly<Record<string, number>>;
  /** Some of them. */
  readonly differences: readonly Difference[];
  /** Rows that are equal but for words that were erased since. */
  readonly erased: number;
  readonly parked: readonly ParkedDifference[];
};

type Deps = { readonly sql: Sql; readonly log: EventLog; readonly opener: ContentOpener };
type Pair = { readonly projection: AnyProjection; readonly live: GenerationRef; readonly made: GenerationRef };

const shownMax = 20;

/**
 * Compares a new generation with the one that is read, in one cut of the log: the rows that are read are hashed in one
 * transaction's view of them, `cutAt` brings the new ones exactly to that view's checkpoints, then these are hashed.
 */
export function compare({ sql, log, opener }: Deps, { projection, live, made }: Pair, cutAt: (checkpoints: ReadonlyMap<string, number>) => Promise<void>): Promise<Comparison> {
  return sql.begin('isolation level repeatable read read only', async (view) => {
    await view`select set_config('idle_in_transaction_session_timeout', '0', true)`;
    const checkpoints = await view<{ stream: string; seq: number }[]>`select stream, seq from ops.checkpoint where projection = ${live.projection} and generation = ${live.generation}`;
    const hashing = hashRows(view, live);
    hashing.catch(() => {});
    await cutAt(new Map(checkpoints.map(({ stream, seq }) => [stream, seq])));
    crashPoint('rebuild-compare');
    const [ours, theirs] = await Promise.all([sql.begin((tx) => hashRows(tx, made)), hashing]);
    const parked = parkedDifferences(await parkedIn(view, live), await sql.begin((tx) => parkedIn(tx, made)));
    const found = ours.hash === theirs.hash ? none : await lookClosely({ sql, log, opener }, { projection, live, made }, view, theirs, ours);
    const equal = Object.keys(found.counts).length === 0 && parked.length === 0;
    return { equal, rows: ours.rows, hash: ours.hash, ...found, parked };
  });
}

const none = { counts: {}, differences: [], erased: 0 } as const;

async function lookClosely({ sql, log, opener }: Deps, { projection, live, made }: Pair, view: Tx, theirs: RowsHash, ours: RowsHash): Promise<Pick<Comparison, 'counts' | 'differences' | 'erased'>> {
  const counts: Record<string, number> = {};
  const differences: Difference[] = [];
  let erased = 0;
  opener.forget();
  const words = new ErasedWords(log, opener, projection);
  for (const table of ours.tables) {
    const their = theirs.tables.find((each) => each.table === table.table);
    if (their?.sum === table.sum && their.rows === table.rows) continue;
    const heaps = await sql.begin((tx) => differingHeaps(view, tx, live, made, table));
    const [liveRows, madeRows] = await Promise.all([rowsOfHeaps(view, live, table, heaps), sql.begin((tx) => rowsOfHeaps(tx, made, table, heaps))]);
    for (const difference of differencesOf(table.table, liveRows, madeRows)) {
      const row = madeRows.get(JSON.stringify(difference.key));
      if (row && (await words.explains(difference, row))) {
        erased += 1;
        continue;
      }
      counts[table.table] = (counts[table.table] ?? 0) + 1;
      if (differences.length < shownMax) differences.push(difference);
    }
  }
  return { counts, differences, erased };
}

async function differingHeaps(view: Tx, tx: Tx, live: GenerationRef, made: GenerationRef, table: TableHash): Promise<number[]> {
  const [theirs, ours] = await Promise.all([hashHeaps(view, live, table), hashHeaps(tx, made, table)]);
  return [...new Set([...theirs.keys(), ...ours.keys()])].filter((heap) => theirs.get(heap)?.sum !== ours.get(heap)?.sum || theirs.get(heap)?.rows !== ours.get(heap)?.rows);
}

type ParkedRow = { readonly stream: string; readonly kind: string; readonly aggregate: string };

async function parkedIn(tx: Tx, { projection, generation }: GenerationRef): Promise<ParkedRow[]> {
  return tx<ParkedRow[]>`select stream, kind, aggregate from ops.parked where projection = ${projection} and generation = ${generation} order by stream, kind, aggregate`;
}

/** Which aggregates only one of two generations has set aside. */
export function parkedDifferences(live: readonly ParkedRow[], made: readonly ParkedRow[]): ParkedDifference[] {
  const has = (rows: readonly ParkedRow[], row: ParkedRow): boolean => rows.some(({ stream, kind, aggregate }) => stream === row.stream && kind === row.kind && aggregate === row.aggregate);
  return [
    ...live.filter((row) => !has(made, row)).map((row) => ({ ...row, parkedIn: 'live' as const })),
    ...made.filter((row) => !has(live, row)).map((row) => ({ ...row, parkedIn: 'new' as const })),
  ];
}
