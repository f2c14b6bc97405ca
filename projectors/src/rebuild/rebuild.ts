import { streamNames } from '@parley/contracts/wire/partition';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import type { Sql } from '@parley/kernel/stores/postgres';
import { streamState } from '@parley/kernel/event-store/read-stream';
import { readEpochs } from '@parley/kernel/nats/epochs';
import { createGeneration, type Generation, type GenerationRef, tellGenerations } from '../generations/generation.ts';
import { makeUpTo, retireGeneration, vacuum } from '../generations/generation-tables.ts';
import { readGenerations } from '../generations/read.ts';
import { crashPoint } from '../runner/crash-point.ts';
import { Fenced, pause } from '../runner/failures.ts';
import { type Lane, laneName } from '../runner/checkpoint.ts';
import { areOwned } from '../runner/ownership.ts';
import type { AnyProjection } from '../runner/projection.ts';
import { anotherLog } from '../runner/worker.ts';
import { type Comparison, compare } from './compare.ts';
import { type FillDeps, fillStream } from './fill.ts';
import { type Exchange, swap, SwapRefused, type SwapReport } from './swap.ts';

export type RebuildPhase = 'filling' | 'indexing' | 'catching up' | 'comparing' | 'swapping';
export type RebuildDeps = Omit<FillDeps, 'onProgress'> & {
  readonly log: EventLog;
  /** Told where it is: messages of the log gone through, of how many. */
  readonly onProgress?: (phase: RebuildPhase, done: number, total: number) => void;
  readonly onNote?: (note: string) => void;
};

/** A generation that is whole and current, beside the one that is read. */
export type Made = {
  readonly projection: AnyProjection;
  readonly live: Generation;
  readonly made: GenerationRef;
  readonly ofAnotherLog: boolean;
  /** Undefined: not compared, and why. */
  readonly comparison: Comparison | { readonly left: string };
  readonly messages: number;
  readonly seconds: number;
};

const streamsAtOnce = 2;
/** Less than this behind, the rest is gone in the time that a query takes. */
const nearMessages = 200;
const roundsMax = 50;
const liveLagMsMax = 60_000;
const projectorsMs = 150;
/** Projectors notice new rows within two seconds, if any runs. */
const noticedMs = 4_000;

/** A rebuild cannot go on as things are; `message` says what to do. */
export class RebuildRefused extends Error {
  override readonly name = 'RebuildRefused';
}

/**
 * Makes a projection's rows anew beside those that are read, from event 1, or goes on with what was begun: fills tables
 * without late indexes, makes these, catches up, and compares by hash in one cut unless told not to. What it leaves is
 * kept current by the projectors, and not read. Throws RebuildRefused; aborting the signal leaves what can be gone on with.
 */
export async function makeGeneration(deps: RebuildDeps, projection: AnyProjection, { verify }: { readonly verify: boolean }): Promise<Made> {
  const begun = performance.now();
  const live = await activeOf(deps, projection);
  const made = await beginOrGoOn(deps, projection);
  const messages = await fillAll(deps, projection, made);
  deps.onProgress?.('indexing', 0, 0);
  await deps.sql.begin((tx) => makeUpTo(tx, projection, made, 'whole'));
  crashPoint('rebuild-indexes');
  await vacuum(deps.sql, made);
  await catchUp(deps, projection, made);
  const ofAnotherLog = await isOfAnotherLog(deps, live);
  const left = whyNotCompared(projection, live, ofAnotherLog, verify);
  const comparison = left === undefined ? await compareWithLive(deps, projection, live, made) : { left };
  if (!('left' in comparison)) await deps.sql`update ops.generation set hash = ${comparison.hash}, compared_at = now() where projection = ${made.projection} and generation = ${made.generation}`;
  return { projection, live, made, ofAnotherLog, comparison, messages, seconds: (performance.now() - begun) / 1_000 };
}

/** Runs `work` unless another rebuild of one of these is at work anywhere. Throws RebuildRefused. */
export async function alone<T>({ sql }: RebuildDeps, projections: readonly AnyProjection[], work: () => Promise<T>): Promise<T> {
  const session = await sql.reserve();
  try {
    for (const { name } of projections) {
      const [row] = await session<{ had: boolean }[]>`select pg_try_advisory_lock(hashtext('rebuild'), hashtext(${name})) as had`;
      if (!row?.had) throw new RebuildRefused(`another rebuild of ${name} is at work`);
    }
    return await work();
  } finally {
    await session`select pg_advisory_unlock_all()`.catch(() => {});
    session.release();
  }
}

/** Whether a rebuild of a projection is at work now, on whatever machine. */
export async function isRebuilding(sql: Sql, name: string): Promise<boolean> {
  const held = await sql`
    select 1 from pg_locks where locktype = 'advisory' and granted and objsubid = 2 and database = (select oid from pg_database where datname = current_database())
      and classid::bigint = hashtext('rebuild')::bigint & 4294967295 and objid::bigint = hashtext(${name})::bigint & 4294967295`;
  return held.length > 0;
}

/** Has readers read what was made, all at once; what was read before stands by, what stood by before that is dropped. */
export async function swapIn(deps: RebuildDeps, made: readonly Made[], options: { readonly parkedMayDiffer: boolean }): Promise<SwapReport> {
  for (const each of made) {
    await deps.sql.begin(async (tx) => {
      await tx`update ops.generation set state = 'standby' where projection = ${each.made.projection} and generation = ${each.made.generation} and state = 'building'`;
      await tellGenerations(tx);
    });
  }
  crashPoint('rebuild-standby');
  deps.onProgress?.('swapping', 0, 0);
  for (const each of made) await projectorsAtWork(deps, each.projection, each.made);
  for (const each of made) await catchUp(deps, each.projection, each.made);
  const report = await exchange(deps, made.map(({ projection, live, made: to, ofAnotherLog }) => ({ projection, from: live, to, ofAnotherLog, back: false })), options.parkedMayDiffer);
  for (const { projection, live, made: now, ofAnotherLog } of made) await dropOthers(deps, projection, ofAnotherLog ? [now] : [now, live]);
  return report;
}

/** Goes back to the rows that were read before. Throws RebuildRefused when there are none, or nobody kept them current. */
export async function rollBack(deps: RebuildDeps, projection: AnyProjection, known: readonly AnyProjection[]): Promise<SwapReport & { readonly from: number; readonly to: number }> {
  const live = await activeOf(deps, projection);
  const before = (await generationsOf(deps, projection)).filter(({ state, activatedAt }) => state === 'standby' && activatedAt !== null).at(-1);
  if (!before) throw new RebuildRefused(`${projection.name} has no rows to go back to: a rebuild leaves them until parley rebuild ${projection.name} --drop-old`);
  const rules = known.find(({ name, version }) => name === before.projection && version === before.version);
  if (await isOfAnotherLog(deps, before)) throw new RebuildRefused(`the old rows of ${projection.name} are of another log`);
  if (!rules) await currentOrRefused(deps, before, live);
  const report = await exchange(deps, [{ projection: rules ?? projection, from: live, to: before, ofAnotherLog: false, back: true }], false, rules !== undefined);
  return { ...report, from: live.generation, to: before.generation };
}

/** Drops every generation of a projection but the one that is read; returns their numbers. */
export async function dropOld(deps: RebuildDeps, projection: AnyProjection): Promise<readonly number[]> {
  return dropOthers(deps, projection, [await activeOf(deps, projection)]);
}

async function exchange(deps: RebuildDeps, exchanges: readonly Exchange[], parkedMayDiffer: boolean, mayFill = true): Promise<SwapReport> {
  const epochs = await readEpochs(deps.nc);
  const streams = new Map(streamNames.map((name, at) => [name, epochs.streams[at]!]));
  const catchUpTo = async ({ projection, to }: Exchange, upTo: ReadonlyMap<string, number>): Promise<void> => {
    // Projectors at work on both are as far within milliseconds: sooner than another reader of the log begins.
    if (mayFill && (await isReached(deps, to, upTo, projectorsMs))) return;
    if (mayFill) await fillTo(deps, projection, to, upTo);
    else await currentOrRefused(deps, to, upTo);
  };
  return swap({ sql: deps.sql, signal: deps.signal, epochs: { streams, combined: epochs.combined }, catchUp: catchUpTo, ...(deps.onNote && { onWait: deps.onNote }) }, exchanges, { parkedMayDiffer });
}

async function generationsOf({ sql }: RebuildDeps, { name }: AnyProjection): Promise<Generation[]> {
  return (await readGenerations(sql)).filter(({ projection, state }) => projection === name && state !== 'retired');
}

async function activeOf(deps: RebuildDeps, projection: AnyProjection): Promise<Generation> {
  const active = (await generationsOf(deps, projection)).find(({ state }) => state === 'active');
  if (!active) throw new RebuildRefused(`${projection.name} has no rows at all: start the projectors first`);
  return active;
}

/** Goes on with what was begun by the same rules on the same log, or begins anew. */
async function beginOrGoOn(deps: RebuildDeps, projection: AnyProjection): Promise<GenerationRef> {
  const begun = (await generationsOf(deps, projection)).filter(({ state, activatedAt }) => state === 'building' || (state === 'standby' && activatedAt === null));
  for (const generation of begun) {
    if (generation.version === projection.version && !(await isOfAnotherLog(deps, generation))) {
      deps.onNote?.(`${projection.name}: going on with generation ${generation.generation}`);
      return generation;
    }
    deps.onNote?.(`${projection.name}: generation ${generation.generation} was begun by other rules or on another log: dropped`);
    await deps.sql.begin(async (tx) => retireGeneration(tx, generation));
  }
  return deps.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtext('ops.generation'))`;
    const [row] = await tx<{ next: number }[]>`select coalesce(max(generation), 0) + 1 as next from ops.generation where projection = ${projection.name}`;
    await createGeneration(tx, projection, row!.next, 'building');
    return { projection: projection.name, generation: row!.next };
  });
}

async function checkpointsOf({ sql }: RebuildDeps, { projection, generation }: GenerationRef): Promise<Map<string, { seq: number; epoch: string }>> {
  const rows = await sql<{ stream: string; seq: number; epoch: string }[]>`select stream, seq, epoch from ops.checkpoint where projection = ${projection} and generation = ${generation}`;
  return new Map(rows.map(({ stream, seq, epoch }) => [stream, { seq, epoch }]));
}

async function isOfAnotherLog(deps: RebuildDeps, ref: GenerationRef): Promise<boolean> {
  const checkpoints = [...(await checkpointsOf(deps, ref))];
  const problems = await Promise.all(checkpoints.map(async ([stream, checkpoint]) => anotherLog(checkpoint, await streamState(deps.nc, stream))));
  return problems.some((problem) => problem !== undefined);
}

function whyNotCompared(projection: AnyProjection, live: Generation, ofAnotherLog: boolean, verify: boolean): string | undefined {
  if (ofAnotherLog) return 'the rows that are read are of another log';
  if (live.version !== projection.version) return `the rows that are read are of version ${live.version}, these of ${projection.version}`;
  return verify ? undefined : 'not asked for';
}

const endsOf = async ({ nc }: RebuildDeps, { streams }: AnyProjection): Promise<Map<string, number>> =>
  new Map(await Promise.all(streams.map(async (stream) => [stream, (await streamState(nc, stream)).lastSeq] as const)));

/** Goes through the log as it is now; returns how many messages that were. */
async function fillAll(deps: RebuildDeps, projection: AnyProjection, ref: GenerationRef): Promise<number> {
  const ends = await endsOf(deps, projection);
  const there = await checkpointsOf(deps, ref);
  const total = [...ends.values()].reduce((sum, seq) => sum + seq, 0);
  let done = [...there.values()].reduce((sum, { seq }) => sum + seq, 0);
  const before = done;
  deps.onProgress?.('filling', done, total);
  // The longest first, so that none is left alone at the end.
  const waiting = [...ends].toSorted(([, a], [, b]) => a - b);
  const onProgress = (messages: number): void => deps.onProgress?.('filling', (done += messages), total);
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      await fillBeside({ ...deps, onProgress }, { projection, generation: ref.generation, stream: next[0] }, next[1]);
    }
  };
  await Promise.all(Array.from({ length: streamsAtOnce }, work));
  return done - before;
}

/** Brings a stream to exactly that sequence; a projector may be at it too, once the generation stands by. */
async function fillBeside(deps: FillDeps, lane: Lane, toSeq: number): Promise<void> {
  for (;;) {
    try {
      return await fillStream(deps, lane, toSeq);
    } catch (error) {
      if (!(error instanceof Fenced)) throw error;
      await pause(5, deps.signal);
    }
  }
}

/** Brings every stream to exactly these sequences. */
async function fillTo(deps: RebuildDeps, projection: AnyProjection, ref: GenerationRef, upTo: ReadonlyMap<string, number>): Promise<void> {
  const { onProgress: _shown, ...rest } = deps;
  const there = await checkpointsOf(deps, ref);
  await Promise.all([...upTo].filter(([stream, seq]) => (there.get(stream)?.seq ?? 0) < seq).map(([stream, seq]) => fillBeside(rest, { projection, generation: ref.generation, stream }, seq)));
}

async function catchUp(deps: RebuildDeps, projection: AnyProjection, ref: GenerationRef): Promise<void> {
  for (let round = 0; round < roundsMax; round += 1) {
    deps.signal.throwIfAborted();
    const [ends, there] = [await endsOf(deps, projection), await checkpointsOf(deps, ref)];
    const behind = [...ends].reduce((sum, [stream, seq]) => sum + Math.max(0, seq - (there.get(stream)?.seq ?? 0)), 0);
    deps.onProgress?.('catching up', 0, behind);
    await fillTo(deps, projection, ref, ends);
    if (behind <= nearMessages) return;
  }
}

/** Waits until the rows that are read are as far as the new ones, then has both hashed at one place. */
async function compareWithLive(deps: RebuildDeps, projection: AnyProjection, live: Generation, made: GenerationRef): Promise<Comparison> {
  const giveUpAt = performance.now() + liveLagMsMax;
  const reached = await checkpointsOf(deps, made);
  for (;;) {
    deps.signal.throwIfAborted();
    const there = await checkpointsOf(deps, live);
    const behind = [...reached].find(([stream, { seq }]) => (there.get(stream)?.seq ?? 0) < seq);
    if (!behind) break;
    if (performance.now() > giveUpAt) throw new RebuildRefused(`the rows that are read do not go on (${behind[0]}): start the projectors, or leave the comparison out with --no-verify`);
    await pause(50, deps.signal);
  }
  deps.onProgress?.('comparing', 0, 0);
  return compare(deps, { projection, live, made }, (checkpoints) => fillTo(deps, projection, made, checkpoints));
}

/** Resolves when projectors keep every stream of these rows current, or none seem to run. */
async function projectorsAtWork({ sql, signal }: RebuildDeps, projection: AnyProjection, { generation }: GenerationRef): Promise<void> {
  const names = projection.streams.map((stream) => laneName({ projection, generation, stream }));
  const giveUpAt = performance.now() + noticedMs;
  while (performance.now() < giveUpAt && !(await areOwned(sql, names))) await pause(50, signal);
}

async function isReached(deps: RebuildDeps, ref: GenerationRef, upTo: ReadonlyMap<string, number>, waitMs: number): Promise<boolean> {
  const giveUpAt = performance.now() + waitMs;
  for (;;) {
    const there = await checkpointsOf(deps, ref);
    if ([...upTo].every(([stream, seq]) => (there.get(stream)?.seq ?? 0) >= seq)) return true;
    if (performance.now() > giveUpAt) return false;
    await pause(5, deps.signal);
  }
}

async function currentOrRefused(deps: RebuildDeps, ref: Generation | GenerationRef, than: Generation | ReadonlyMap<string, number>): Promise<void> {
  const giveUpAt = performance.now() + 2_000;
  for (;;) {
    const wanted = than instanceof Map ? than : new Map([...(await checkpointsOf(deps, than as Generation))].map(([stream, { seq }]) => [stream, seq]));
    const there = await checkpointsOf(deps, ref);
    const behind = [...wanted].reduce((sum, [stream, seq]) => sum + Math.max(0, seq - (there.get(stream)?.seq ?? 0)), 0);
    if (behind === 0) return;
    if (performance.now() > giveUpAt) throw new SwapRefused(`nobody keeps the old rows of ${ref.projection} current: they are ${behind} messages behind, and this build does not know their version`);
    await pause(20, deps.signal);
  }
}

async function dropOthers(deps: RebuildDeps, projection: AnyProjection, kept: readonly GenerationRef[]): Promise<readonly number[]> {
  const others = (await generationsOf(deps, projection)).filter(({ generation }) => !kept.some((each) => each.generation === generation));
  for (const other of others) {
    await deps.sql.begin(async (tx) => {
      await retireGeneration(tx, other);
      await tellGenerations(tx);
    });
  }
  return others.map(({ generation }) => generation);
}
