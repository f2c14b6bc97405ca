import { type Head, aggregateKey, type Lane, laneSchema, moveCheckpoint, readHeads, saveHeads } from './checkpoint.ts';
import { crashPoint } from './crash-point.ts';
import { Stopped } from './failures.ts';
import type { OpenedCommit, Statement, Tx } from './projection.ts';

/** From so many events on COPY is the cheaper way. More than one commit holds: what a failed COPY was about is found by halving. */
const copiedEventsMin = 256;

/**
 * Applies commits in one transaction that moves the checkpoint from `from` to `to`. Order of statements: checkpoint,
 * reads, then one write per table, sent together. `skipped` are commits of parked aggregates: of these only what takes
 * access away is applied.
 */
export async function applyCommits(
  tx: Tx, lane: Lane, from: number, to: number, commits: readonly OpenedCommit[], skipped: readonly OpenedCommit[] = [],
): Promise<void> {
  const { projection } = lane;
  const [, heads, rows] = await Promise.all([
    moveCheckpoint(tx, lane, from, to),
    commits.length === 0 ? new Map<string, Head>() : readHeads(tx, lane, aggregatesOf(commits)),
    commits.length === 0 ? undefined : projection.load(tx, laneSchema(lane), commits),
  ]);
  crashPoint('mid-transaction');
  if (projection.bulk && skipped.length === 0 && eventsOf(commits) >= copiedEventsMin) {
    await saveHeads(tx, lane, foldCommits(lane, heads, rows, commits));
    await projection.bulk.save(tx, laneSchema(lane), rows);
    crashPoint('before-commit');
    return;
  }
  const written: Statement[] = commits.length === 0 ? [] : foldAll(tx, lane, heads, rows, commits);
  if (skipped.length > 0 && projection.evenWhenParked) written.push(...projection.evenWhenParked(tx, laneSchema(lane), skipped));
  await Promise.all(written);
  crashPoint('before-commit');
}

const eventsOf = (commits: readonly OpenedCommit[]): number => commits.reduce((sum, { events }) => sum + events.length, 0);

/** Folds commits into loaded rows and sends the writes. Throws Stopped as `foldCommits` does. */
export function foldAll(tx: Tx, lane: Lane, heads: ReadonlyMap<string, Head>, rows: unknown, commits: readonly OpenedCommit[]): Statement[] {
  const moved = foldCommits(lane, heads, rows, commits);
  return [...lane.projection.save(tx, laneSchema(lane), rows), saveHeads(tx, lane, moved)];
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
