import { type Head, aggregateKey, type Lane, laneSchema, type Move, moveCheckpoint, moveCheckpoints, readHeads, saveHeads } from './checkpoint.ts';
import { crashPoint } from './crash-point.ts';
import { Stopped } from './failures.ts';
import type { OpenedCommit, Statement, Tx } from './projection.ts';

/** From so many events on COPY is the cheaper way. More than one commit holds: what a failed COPY was about is found by halving. */
const copiedEventsMin = 256;

/** What moves a lane's checkpoint on. `skipped` are commits of parked aggregates: of these only what takes access away is applied. */
export type LaneBatch = Move & { readonly commits: readonly OpenedCommit[]; readonly skipped: readonly OpenedCommit[] };

/**
 * Applies commits in one transaction that moves the checkpoint from `from` to `to`. Order of statements: checkpoint,
 * reads, then one write per table, sent together. Throws Fenced when the checkpoint is elsewhere.
 */
export function applyCommits(
  tx: Tx, lane: Lane, from: number, to: number, commits: readonly OpenedCommit[], skipped: readonly OpenedCommit[] = [],
): Promise<void> {
  return writeAll(tx, moveCheckpoint(tx, lane, from, to), [{ lane, from, to, commits, skipped }]);
}

/**
 * The same for batches of several lanes in one transaction: those that write the same tables load, fold and write
 * together, so it costs hardly more than one of them. Throws NotMoved unless every checkpoint could be moved, and
 * whatever goes wrong with one batch is wrong with all: whose it was, applying them one by one tells.
 */
export function applyTogether(tx: Tx, batches: readonly LaneBatch[], lockMsMax: number): Promise<void> {
  return writeAll(tx, moveCheckpoints(tx, batches, lockMsMax), batches);
}

/** Batches of lanes that write the same tables, and what is known of their aggregates. */
type TableSet = { readonly lane: Lane; readonly batches: readonly LaneBatch[]; readonly commits: readonly OpenedCommit[]; readonly heads: ReadonlyMap<string, Head>; readonly rows: unknown };

async function writeAll(tx: Tx, moved: Promise<void>, batches: readonly LaneBatch[]): Promise<void> {
  const bySchema = Map.groupBy(batches, ({ lane }) => laneSchema(lane));
  const [, ...sets] = await Promise.all([moved, ...[...bySchema.values()].map((of) => load(tx, of))]);
  crashPoint('mid-transaction');
  const copied = new Set(sets.filter(isCopied));
  await Promise.all(sets.flatMap((set) => (copied.has(set) ? [] : writesOf(tx, set))));
  // One after the other: nothing else may use the transaction during a COPY.
  for (const set of copied) await copy(tx, set);
  crashPoint('before-commit');
}

async function load(tx: Tx, batches: readonly LaneBatch[]): Promise<TableSet> {
  const { lane } = batches[0]!;
  const commits = batches.length === 1 ? batches[0]!.commits : batches.flatMap((batch) => batch.commits);
  if (commits.length === 0) return { lane, batches, commits, heads: new Map(), rows: undefined };
  const [heads, rows] = await Promise.all([readHeads(tx, lane, aggregatesOf(commits)), lane.projection.load(tx, laneSchema(lane), commits)]);
  return { lane, batches, commits, heads, rows };
}

function isCopied({ lane: { projection }, batches, commits }: TableSet): boolean {
  const events = commits.reduce((sum, commit) => sum + commit.events.length, 0);
  return projection.bulk !== undefined && events >= copiedEventsMin && batches.every(({ skipped }) => skipped.length === 0);
}

async function copy(tx: Tx, set: TableSet): Promise<void> {
  await saveHeads(tx, set.lane, foldSet(set));
  await set.lane.projection.bulk!.save(tx, laneSchema(set.lane), set.rows);
}

function writesOf(tx: Tx, set: TableSet): Statement[] {
  const { lane, batches, commits, rows } = set;
  const schema = laneSchema(lane);
  const skipped = batches.flatMap((batch) => batch.skipped);
  const written = commits.length === 0 ? [] : writes(tx, lane, rows, foldSet(set));
  if (skipped.length > 0 && lane.projection.evenWhenParked) written.push(...lane.projection.evenWhenParked(tx, schema, skipped));
  return written;
}

/** An aggregate's commits are all of one stream, so batches never speak of the same one. */
const foldSet = ({ batches, heads, rows }: TableSet): Head[] => batches.flatMap(({ lane, commits }) => foldCommits(lane, heads, rows, commits));

const writes = (tx: Tx, lane: Lane, rows: unknown, moved: readonly Head[]): Statement[] => [...lane.projection.save(tx, laneSchema(lane), rows), saveHeads(tx, lane, moved)];

/** Folds commits into loaded rows and sends the writes. Throws Stopped as `foldCommits` does. */
export function foldAll(tx: Tx, lane: Lane, heads: ReadonlyMap<string, Head>, rows: unknown, commits: readonly OpenedCommit[]): Statement[] {
  return writes(tx, lane, rows, foldCommits(lane, heads, rows, commits));
}

/**
 * Folds commits into loaded rows and returns the heads that moved. Throws Stopped for a gap, or a commit that does not
 * name the one before it: applying anything after that would make rows that no log says.
 */
export function foldCommits({ projection, stream }: Lane, heads: ReadonlyMap<string, Head>, rows: unknown, commits: readonly OpenedCommit[]): readonly Head[] {
  const moved = new Map<string, Head>();
  for (const commit of commits) {
    const key = aggregateKey(commit.kind, commit.id);
    const head = moved.get(key) ?? heads.get(key);
    const expected = (head?.n ?? 0) + 1;
    if (commit.n !== expected) throw new Stopped(`${stream} ${commit.seq}: ${key} has event ${commit.n} where ${expected} should follow`);
    if (commit.prev !== (head?.hash ?? '')) throw new Stopped(`${stream} ${commit.seq}: ${key} event ${commit.n} does not follow the commit before it`);
    projection.fold(rows, commit);
    moved.set(key, { kind: commit.kind, id: commit.id, n: commit.n + commit.events.length - 1, seq: commit.seq, hash: commit.hash });
  }
  return [...moved.values()];
}

export function aggregatesOf(commits: readonly OpenedCommit[]): { kind: string; id: string }[] {
  return [...new Map(commits.map(({ kind, id }) => [aggregateKey(kind, id), { kind, id }])).values()];
}
