import type { NatsConnection } from '@nats-io/nats-core';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import { followStream, streamState } from '@parley/kernel/event-store/read-stream';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import type { Sql } from '@parley/kernel/stores/postgres';
import { type Logger, logger } from '@parley/kernel/telemetry/log';
import { withSpan } from '@parley/kernel/telemetry/trace';
import { Awaited } from './awaited.ts';
import { aggregateKey, type Lane, laneSchema, readCheckpoint } from './checkpoint.ts';
import { crashPoint } from './crash-point.ts';
import { eventsTogetherMax, type GroupCommit } from './group-commit.ts';
import { backoffMs, judge, judgeMany, pause, reasonOf, Stopped } from './failures.ts';
import type { LaneReport } from './lane-report.ts';
import { noteFailedRetry, park, type Parked, readParked } from './parking.ts';
import { prepareSteps, type Step } from './prepare.ts';
import type { OpenedCommit } from './projection.ts';
import { retryParked } from './retry.ts';
import { StepsAhead } from './steps-ahead.ts';

export type WorkerDeps = { readonly sql: Sql; readonly nc: NatsConnection; readonly log: EventLog; readonly opener: ContentOpener; readonly group: GroupCommit };

/** A stream where nothing concerns the projection moves its checkpoint at most this often. */
const quietMoveEveryMs = 100;
/** How often a worker with parked aggregates looks for a wish to retry while nothing arrives. */
const retryPollEveryMs = 1_000;
/** A step this small is applied as it comes: the projection keeps up. */
const liveEventsMax = 200;

/**
 * Follows one stream for one projection until `signal` aborts: prepares what comes next while the present step is
 * committed, applies each in a transaction with the checkpoint, sets poison aside, retries what time can heal.
 * Throws Stopped (nobody but an operator helps), Fenced (begin again), LogUnavailable and the like (begin again later).
 */
export class Worker {
  readonly #deps: WorkerDeps;
  readonly #lane: Lane;
  readonly #report: LaneReport;
  readonly #signal: AbortSignal;
  readonly #log: Logger;
  /** The stored checkpoint. */
  #at = 0;
  /** Read up to here, where nothing between concerned us; the next transaction stores it. */
  #seen = 0;
  #movedAtMs = 0;
  #parked = new Map<string, Parked>();

  constructor(deps: WorkerDeps, lane: Lane, report: LaneReport, signal: AbortSignal) {
    this.#deps = deps;
    this.#lane = lane;
    this.#report = report;
    this.#signal = signal;
    this.#log = logger('projectors').child({ projection: lane.projection.name, generation: lane.generation, stream: lane.stream });
  }

  async run(): Promise<void> {
    const { sql, nc } = this.#deps;
    const { stream } = this.#lane;
    const { epoch } = await streamState(nc, stream);
    const checkpoint = await readCheckpoint(sql, this.#lane, epoch);
    // Read after the checkpoint: another worker may have moved it on together with the stream.
    const state = await streamState(nc, stream);
    refuseAnotherLog(stream, checkpoint, state);
    this.#at = this.#seen = checkpoint.seq;
    this.#parked = await readParked(sql, this.#lane);
    this.#report.running(checkpoint.seq, state.epoch, this.#parked.size);
    const ended = new AbortController();
    const signal = AbortSignal.any([this.#signal, ended.signal]);
    const batches = followStream(nc, stream, checkpoint.seq + 1, { signal });
    const onVault = (away: boolean): void => this.#report.waiting(away ? 'the vault cannot be reached' : undefined);
    const ahead = new StepsAhead(prepareSteps(batches, { kinds: this.#lane.projection.kinds, opener: this.#deps.opener, signal, onVault }));
    try {
      await this.#loop(ahead);
    } finally {
      ended.abort();
      await ahead.stop();
    }
  }

  async #loop(ahead: StepsAhead): Promise<void> {
    for (;;) {
      const ready = new Awaited(ahead.ready());
      while (!(await ready.within(this.#idleMs())) && !this.#signal.aborted) await this.#idle();
      if (this.#signal.aborted) return;
      crashPoint('after-fetch');
      if (ahead.events < eventsTogetherMax) await this.#deps.group.turn(ahead.events > 0);
      const step = ahead.take();
      if (this.#signal.aborted || step === undefined) return;
      await this.#take(step);
      await this.#retryWanted();
    }
  }

  /** After how many milliseconds without anything ready there is something to look after; undefined: never. */
  #idleMs(): number | undefined {
    return this.#seen > this.#at ? quietMoveEveryMs : this.#parked.size > 0 ? retryPollEveryMs : undefined;
  }

  async #idle(): Promise<void> {
    if (this.#seen > this.#at) await this.#apply(this.#seen, []);
    await this.#retryWanted();
  }

  async #take(step: Step): Promise<void> {
    if (step.what === 'stop') {
      if (this.#seen > this.#at) await this.#apply(this.#seen, []);
      throw new Stopped(step.detail);
    }
    if (step.what === 'park') await this.#park(step.toSeq, step.item.aggregate, step.item);
    else if (step.commits.length > 0) await this.#apply(step.toSeq, step.commits);
    else {
      this.#seen = step.toSeq;
      if (performance.now() - this.#movedAtMs >= quietMoveEveryMs) await this.#apply(step.toSeq, []);
    }
    this.#report.reached(this.#seen, step.storedAtMs);
  }

  /** Applies commits for as long as it takes; halves them to find the one that never will. */
  async #apply(toSeq: number, commits: readonly OpenedCommit[]): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#applyOnce(toSeq, commits);
        if (attempt > 0) this.#report.waiting(undefined);
        return;
      } catch (error) {
        const verdict = commits.length > 1 ? judgeMany(error) : judge(error);
        if (verdict === 'fenced' || verdict === 'stop') throw error;
        this.#lane.projection.forget?.();
        if (verdict === 'park' && commits.length > 0) {
          // Once more with everything prepared anew, before anybody's room is set aside for what the database has lost.
          if (attempt === 0) continue;
          return this.#narrow(toSeq, commits, error);
        }
        this.#log.warn({ err: error, attempt, from: this.#at, to: toSeq }, 'not applied; will be tried again');
        this.#report.waiting(error instanceof Error ? error.message : String(error));
        await pause(backoffMs(attempt), this.#signal);
        if (this.#signal.aborted) throw error;
      }
    }
  }

  async #applyOnce(toSeq: number, commits: readonly OpenedCommit[]): Promise<void> {
    const { sql, group } = this.#deps;
    const { projection } = this.#lane;
    const isParked = ({ kind, id }: OpenedCommit): boolean => this.#parked.has(aggregateKey(kind, id));
    const skipped = this.#parked.size === 0 ? [] : commits.filter(isParked);
    const wanted = skipped.length === 0 ? commits : commits.filter((commit) => !isParked(commit));
    if (wanted.length > 0) await projection.prepare?.(sql, laneSchema(this.#lane), wanted);
    crashPoint('before-begin');
    const tookMs = await traced(this.#lane, commits, () => group.apply({ lane: this.#lane, from: this.#at, to: toSeq, commits: wanted, skipped }));
    crashPoint('after-commit');
    this.#moved(toSeq);
    const events = wanted.reduce((sum, commit) => sum + commit.events.length, 0);
    this.#report.applied(events, tookMs);
    if (wanted.length > 0 && this.#report.isRead) projection.afterCommit?.(wanted, events <= liveEventsMax);
  }

  async #narrow(toSeq: number, commits: readonly OpenedCommit[], error: unknown): Promise<void> {
    if (commits.length > 1) {
      const middle = commits.length >> 1;
      await this.#apply(commits[middle - 1]!.seq, commits.slice(0, middle));
      return this.#apply(toSeq, commits.slice(middle));
    }
    const [commit] = commits as readonly [OpenedCommit];
    await this.#park(commit.seq, commit, reasonOf(error), commit);
    if (toSeq > commit.seq) await this.#apply(toSeq, []);
  }

  async #park(toSeq: number, { kind, id }: Parameters<typeof park>[4], { reason, detail }: Parameters<typeof park>[5], commit?: OpenedCommit): Promise<void> {
    const key = aggregateKey(kind, id);
    if (this.#parked.has(key)) return this.#apply(toSeq, []);
    for (let attempt = 0; ; attempt += 1) {
      try {
        await park(this.#deps.sql, this.#lane, this.#at, toSeq, { kind, id }, { reason, detail }, commit);
        break;
      } catch (error) {
        if (judge(error) !== 'retry') throw error;
        await pause(backoffMs(attempt), this.#signal);
        if (this.#signal.aborted) throw error;
      }
    }
    this.#moved(toSeq);
    this.#parked = await readParked(this.#deps.sql, this.#lane);
    this.#report.parked(this.#parked.size);
    this.#log.error({ kind, id, seq: toSeq, reason, detail }, 'aggregate parked');
  }

  #moved(toSeq: number): void {
    this.#at = this.#seen = toSeq;
    this.#movedAtMs = performance.now();
  }

  /** At the edge between two batches: does what operators asked for. */
  async #retryWanted(): Promise<void> {
    if (this.#parked.size === 0) return;
    this.#parked = await readParked(this.#deps.sql, this.#lane);
    for (const parked of this.#parked.values()) {
      if (!parked.retry) continue;
      if (this.#seen > this.#at) await this.#apply(this.#seen, []);
      await this.#retry(parked);
    }
    this.#report.parked(this.#parked.size);
  }

  async #retry(parked: Parked): Promise<void> {
    const { kind, id } = parked;
    try {
      await retryParked(this.#deps, this.#lane, this.#at, parked);
      this.#log.info({ kind, id, fromSeq: parked.fromSeq }, 'parked aggregate applied');
    } catch (error) {
      const verdict = judge(error);
      if (verdict === 'fenced') throw error;
      const cause = reasonOf(error);
      this.#log.error({ kind, id, ...cause }, 'parked aggregate still cannot be applied');
      await noteFailedRetry(this.#deps.sql, this.#lane, parked, cause);
    }
    this.#parked = await readParked(this.#deps.sql, this.#lane);
  }
}

const tracedMax = 16;

/** One transaction serves many commits: the trace of each (of at most 16) gets a span of it. */
function traced<T>(lane: Lane, commits: readonly OpenedCommit[], write: () => Promise<T>): Promise<T> {
  const attributes = { 'parley.projection': lane.projection.name, 'parley.stream': lane.stream, 'parley.commits': commits.length };
  const parents = [...new Set(commits.flatMap(({ traceparent }) => traceparent ?? []))].slice(0, tracedMax);
  return parents.reduce((inner, parent) => () => withSpan('project', { parent, attributes }, inner), write)();
}

/** Sequences are only comparable within one log. */
function refuseAnotherLog(stream: string, checkpoint: { seq: number; epoch: string }, state: { firstSeq: number; lastSeq: number; epoch: string }): void {
  const problem = anotherLog(checkpoint, state);
  if (problem !== undefined) throw new Stopped(`${stream}: rebuild needed: ${problem}`);
}

/** Why a checkpoint does not belong to the log as it is, or undefined. */
export function anotherLog(checkpoint: { seq: number; epoch: string }, state: { firstSeq: number; lastSeq: number; epoch: string }): string | undefined {
  if (checkpoint.epoch !== state.epoch) return `the checkpoint is of epoch ${checkpoint.epoch}, the stream of ${state.epoch}`;
  if (checkpoint.seq > state.lastSeq) return `the checkpoint ${checkpoint.seq} lies beyond the stream's end ${state.lastSeq}`;
  if (state.lastSeq > checkpoint.seq && state.firstSeq > checkpoint.seq + 1) return `the stream begins at ${state.firstSeq}, the checkpoint is ${checkpoint.seq}`;
  return undefined;
}
