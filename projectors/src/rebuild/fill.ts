import type { NatsConnection } from '@nats-io/nats-core';
import { drainStream, streamState } from '@parley/kernel/event-store/read-stream';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import type { Sql } from '@parley/kernel/stores/postgres';
import { makeUpTo } from '../generations/generation-tables.ts';
import { aggregatesOf, applyCommits, foldCommits } from '../runner/apply.ts';
import { aggregateKey, type Lane, laneSchema, moveCheckpoint, readCheckpoint, readHeads, saveHeads } from '../runner/checkpoint.ts';
import { crashPoint } from '../runner/crash-point.ts';
import { judge, judgeMany, reasonOf, Stopped } from '../runner/failures.ts';
import { park, readParked } from '../runner/parking.ts';
import { prepareSteps, type Step } from '../runner/prepare.ts';
import type { OpenedCommit } from '../runner/projection.ts';
import { anotherLog } from '../runner/worker.ts';

export type FillDeps = {
  readonly sql: Sql;
  readonly nc: NatsConnection;
  readonly opener: ContentOpener;
  readonly signal: AbortSignal;
  /** Told after each chunk how many messages of the stream it went further, and whether the vault is waited for. */
  readonly onProgress?: (messages: number) => void;
  readonly onVault?: (away: boolean) => void;
};

/** One transaction of a fill holds at least so many events, unless the stream ends. */
const chunkEvents = 20_000;
/** A shorter way is gone as a projector goes it. */
const shortWayMessages = 500;
const batch = { batchMessagesMax: 4_000, batchBytesMax: 4 * 1024 * 1024 };

type Chunk = { readonly toSeq: number; readonly commits: readonly OpenedCommit[] };

/**
 * Brings one stream of a generation up to exactly `toSeq`, in chunks of one transaction each with the checkpoint, so
 * that it can be ended anywhere and gone on with. What cannot be applied is set aside as by a projector, without its
 * limit. Throws Stopped for a newer event, a gap or another log, Fenced when a projector moved the checkpoint.
 */
export async function fillStream(deps: FillDeps, lane: Lane, toSeq: number): Promise<void> {
  const { sql, nc, opener, signal } = deps;
  const { epoch } = await streamState(nc, lane.stream);
  const checkpoint = await readCheckpoint(sql, lane, epoch);
  // Read after the checkpoint, which may be moved by others meanwhile.
  const state = await streamState(nc, lane.stream);
  const problem = anotherLog(checkpoint, state);
  if (problem !== undefined) throw new Stopped(`${lane.stream}: rebuild needed: ${problem}`);
  if (checkpoint.seq >= toSeq) return;
  const filler = new Filler(deps, lane, checkpoint.seq, toSeq - checkpoint.seq > shortWayMessages);
  await filler.begin();
  const batches = drainStream(nc, lane.stream, checkpoint.seq + 1, toSeq, { signal, ...batch });
  const steps = prepareSteps(batches, { kinds: lane.projection.kinds, opener, signal, onVault: deps.onVault ?? (() => {}) });
  for await (const step of aheadOf(gather(steps))) {
    signal.throwIfAborted();
    if (step.what === 'stop') throw new Stopped(step.detail);
    if (step.what === 'park') await filler.park(step);
    else await filler.apply(step);
  }
  signal.throwIfAborted();
  // What lies at the end may have been deleted from the stream.
  await filler.apply({ toSeq, commits: [] });
}

/** Puts steps together into chunks. */
async function* gather(steps: AsyncIterable<Step>): AsyncGenerator<Step> {
  let commits: OpenedCommit[] = [];
  let events = 0;
  let last: Extract<Step, { what: 'apply' }> | undefined;
  for await (const step of steps) {
    if (step.what === 'apply') {
      commits.push(...step.commits);
      events += step.commits.reduce((sum, commit) => sum + commit.events.length, 0);
      last = step;
    }
    if (last && (step.what !== 'apply' || events >= chunkEvents)) {
      yield { ...last, commits };
      [commits, events, last] = [[], 0, undefined];
    }
    if (step.what !== 'apply') yield step;
  }
  if (last) yield { ...last, commits };
}

/** Asks for the next one while the present one is worked on. */
async function* aheadOf<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = items.next();
  try {
    for (;;) {
      const result = await next;
      if (result.done) return;
      next = items.next();
      next.catch(() => {});
      yield result.value;
    }
  } finally {
    await items.return(undefined).catch(() => {});
  }
}

class Filler {
  readonly #deps: FillDeps;
  readonly #lane: Lane;
  readonly #bulk: boolean;
  #at: number;
  #parked: ReadonlyMap<string, unknown> = new Map();

  constructor(deps: FillDeps, lane: Lane, at: number, bulk: boolean) {
    this.#deps = deps;
    this.#lane = lane;
    this.#at = at;
    this.#bulk = bulk;
  }

  async begin(): Promise<void> {
    this.#parked = await readParked(this.#deps.sql, this.#lane);
    if (!this.#bulk) await this.#makeKeys();
  }

  async apply({ toSeq, commits }: Chunk): Promise<void> {
    if (toSeq <= this.#at) return;
    try {
      await this.#write(toSeq, commits, this.#bulk);
    } catch (error) {
      this.#lane.projection.forget?.();
      if (commits.length === 0 || judgeMany(error) !== 'park') throw error;
      await this.#makeKeys();
      await this.#narrow(toSeq, commits);
    }
  }

  async park({ toSeq, item }: Extract<Step, { what: 'park' }>): Promise<void> {
    await this.#park(toSeq, item.aggregate, item);
  }

  async #write(toSeq: number, commits: readonly OpenedCommit[], bulk: boolean): Promise<void> {
    const { sql, onProgress } = this.#deps;
    const { projection, generation } = this.#lane;
    const schema = laneSchema(this.#lane);
    const isParked = ({ kind, id }: OpenedCommit): boolean => this.#parked.has(aggregateKey(kind, id));
    const [skipped, wanted] = this.#parked.size === 0 ? [[], commits] : [commits.filter(isParked), commits.filter((commit) => !isParked(commit))];
    if (wanted.length > 0) await projection.prepare?.(sql, schema, wanted);
    const asProjector = !bulk || !projection.bulk || skipped.length > 0;
    if (asProjector || projection.bulk.reachesBack(wanted)) await this.#makeKeys();
    await sql.begin(async (tx) => {
      if (asProjector) await applyCommits(tx, { projection, generation, stream: this.#lane.stream }, this.#at, toSeq, wanted, skipped);
      else {
        await moveCheckpoint(tx, this.#lane, this.#at, toSeq);
        if (wanted.length === 0) return;
        const [heads, rows] = await Promise.all([readHeads(tx, this.#lane, aggregatesOf(wanted)), projection.load(tx, schema, wanted)]);
        const moved = foldCommits(this.#lane, heads, rows, wanted);
        await saveHeads(tx, this.#lane, moved);
        await projection.bulk.save(tx, schema, rows);
      }
      crashPoint('rebuild-chunk');
    });
    onProgress?.(toSeq - this.#at);
    this.#at = toSeq;
    crashPoint('rebuild-chunk-done');
  }

  async #makeKeys(): Promise<void> {
    const { projection, generation } = this.#lane;
    await this.#deps.sql.begin((tx) => makeUpTo(tx, projection, { projection: projection.name, generation }, 'keys'));
  }

  /** Halves what fails, as a projector would, until it is one commit. */
  async #narrow(toSeq: number, commits: readonly OpenedCommit[]): Promise<void> {
    try {
      return await this.#write(toSeq, commits, false);
    } catch (error) {
      if ((commits.length > 1 ? judgeMany(error) : judge(error)) !== 'park') throw error;
      const [commit] = commits as readonly [OpenedCommit];
      if (commits.length === 1) {
        await this.#park(commit.seq, commit, reasonOf(error), commit);
        return this.apply({ toSeq, commits: [] });
      }
    }
    const middle = commits.length >> 1;
    await this.#narrow(commits[middle - 1]!.seq, commits.slice(0, middle));
    await this.#narrow(toSeq, commits.slice(middle));
  }

  async #park(toSeq: number, { kind, id }: Parameters<typeof park>[4], { reason, detail }: Parameters<typeof park>[5], commit?: OpenedCommit): Promise<void> {
    if (this.#parked.has(aggregateKey(kind, id))) return this.apply({ toSeq, commits: [] });
    await park(this.#deps.sql, this.#lane, this.#at, toSeq, { kind, id }, { reason, detail }, commit, Number.MAX_SAFE_INTEGER);
    this.#at = toSeq;
    this.#parked = await readParked(this.#deps.sql, this.#lane);
  }
}
