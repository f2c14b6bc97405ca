import type { EventLog } from '@parley/kernel/event-store/event-log';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import type { Sql } from '@parley/kernel/stores/postgres';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { aggregatesOf, foldAll } from './apply.ts';
import { type Lane, laneSchema, readHeads } from './checkpoint.ts';
import { Fenced, Poison, Stopped } from './failures.ts';
import { openCommits } from './open-commits.ts';
import type { Parked } from './parking.ts';
import type { OpenedCommit } from './projection.ts';
import { readItem, type SealedCommit } from './read-items.ts';

const chunkEventsMax = 2_000;

type Deps = { readonly sql: Sql; readonly log: EventLog; readonly opener: ContentOpener };

/**
 * Reads a parked aggregate's own log again, from where it was set aside to the checkpoint, applies it and ends the
 * parking. Long logs go in chunks of 2,000 events, each of which moves `from_seq` in its own transaction. The caller
 * is the worker of the stream between two batches, so the checkpoint does not move meanwhile.
 */
export async function retryParked({ sql, log, opener }: Deps, lane: Lane, checkpoint: number, parked: Parked): Promise<void> {
  let chunk: SealedCommit[] = [];
  let events = 0;
  for await (const stored of log.read(parked, parked.fromSeq - 1)) {
    if (stored.seq > checkpoint) break;
    const item = readItem({ seq: stored.seq, subject: subjectOf(parked), bytes: stored.bytes }, lane.projection.kinds);
    if (item?.what === 'unknown') throw new Stopped(item.detail);
    if (item?.what === 'corrupt') throw new Poison(item.reason, item.detail);
    if (!item) continue;
    chunk.push(item);
    events += item.events.length;
    if (events >= chunkEventsMax) {
      await applyChunk(sql, lane, checkpoint, parked, await open(opener, chunk), stored.seq + 1);
      chunk = [];
      events = 0;
    }
  }
  await applyChunk(sql, lane, checkpoint, parked, await open(opener, chunk), undefined);
}

async function open(opener: ContentOpener, commits: readonly SealedCommit[]): Promise<OpenedCommit[]> {
  return (await openCommits(opener, commits)).map((result) => {
    if ('poison' in result) throw result.poison;
    return result.opened;
  });
}

/** `nextSeq`: where the next chunk begins; undefined for the last one. */
async function applyChunk(sql: Sql, lane: Lane, checkpoint: number, parked: Parked, commits: readonly OpenedCommit[], nextSeq: number | undefined): Promise<void> {
  const { projection, generation, stream } = lane;
  const schema = laneSchema(lane);
  if (commits.length > 0) await projection.prepare?.(sql, schema, commits);
  await sql.begin(async (tx) => {
    const here = await tx`
      select 1 from ops.checkpoint
      where projection = ${projection.name} and generation = ${generation} and stream = ${stream} and seq = ${checkpoint} for update`;
    if (here.length === 0) throw new Fenced(projection.name, stream, checkpoint);
    if (commits.length > 0) {
      const [heads, rows] = await Promise.all([readHeads(tx, lane, aggregatesOf(commits)), projection.load(tx, schema, commits)]);
      await Promise.all(foldAll(tx, lane, heads, rows, commits));
    }
    const last = commits.at(-1);
    const where = tx`projection = ${projection.name} and generation = ${generation} and stream = ${stream} and kind = ${parked.kind} and aggregate = ${parked.id}`;
    if (nextSeq === undefined) await tx`delete from ops.parked where ${where}`;
    else await tx`update ops.parked set from_seq = ${nextSeq}, from_n = ${last!.n + last!.events.length} where ${where}`;
  });
}
