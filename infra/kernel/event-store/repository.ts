import { type AggregateKind, aggregateKinds, type AggregateRef, type Commit } from '@parley/contracts/envelope/commit';
import { commandDeadlineMs } from '@parley/contracts/envelope/limits';
import { problem } from '@parley/contracts/problems/codes';
import { readerCommitEveryMs } from '@parley/contracts/readers/commands';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import { Aggregate, type AggregateHost, type AggregateView } from './aggregate.ts';
import { retryAfterMs } from './answers.ts';
import { decodeCommit } from './commit-codec.ts';
import type { AnyDecider, ErasedDecider } from './confirmed.ts';
import type { EventLog } from './event-log.ts';
import type { AggregateObserver } from './observer.ts';
import type { PreparedCommand } from './pending.ts';
import { createGate } from './gate.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';
import type { SnapshotBucket } from './snapshots.ts';

export type AggregatesOptions = {
  readonly log: EventLog;
  readonly ws: string;
  readonly deciders: Readonly<Partial<Record<AggregateKind, AnyDecider>>>;
  /** Without it every load reads the whole log of its aggregate. */
  readonly snapshots?: SnapshotBucket;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** Oldest release of a command-service alive: events are written so that it can read them. The newest unless told. */
  readonly oldestRelease?: () => string;
  readonly observer?: AggregateObserver;
  /** At most one commit per so many milliseconds; readers 5,000 unless told. */
  readonly minCommitIntervalMs?: Readonly<Partial<Record<AggregateKind, number>>>;
  /** Aggregates kept in memory: 20,000 unless told. */
  readonly aggregatesMax?: number;
  /** Commands that may wait for one aggregate (4,096) and for all (20,000). */
  readonly queueMax?: number;
  readonly queuedMax?: number;
  /** Loads at the same time: 64 unless told. */
  readonly loadsMax?: number;
};

/** A commit read back to take what never changes from it, with the place it lies at. */
export type CommitAt = { readonly commit: Commit; readonly seq: number };

export type Aggregates = {
  /** Decides a command on its aggregate; always answers, at the latest shortly after its deadline. Throws TypeError for a kind without decider only. */
  execute(aggregate: AggregateRef, command: PreparedCommand): Promise<CommandReply>;
  /** The aggregate's confirmed state as the leader has it at or after this call. */
  load(aggregate: AggregateRef, deadline?: number): Promise<AggregateView>;
  /** The commit of this aggregate at a sequence, or undefined. Throws LogUnavailable, CorruptCommit, UnknownEvent. */
  readAt(aggregate: AggregateRef, seq: number): Promise<CommitAt | undefined>;
  /** Commands that wait now, and aggregates in memory. */
  readonly queued: number;
  readonly loaded: number;
  /** Takes no more commands, answers those that wait, writes snapshots; resolves within about `withinMs`. */
  shutdown(withinMs?: number): Promise<void>;
};

const aggregatesMaxDefault = 20_000;
const queueMaxDefault = 4_096;
const queuedMaxDefault = 20_000;
const loadsMaxDefault = 64;
const sweepEveryMs = 100;
const evictionLooksMax = 64;
const shutdownMsDefault = 10_000;
const newestRelease = '999999.0.0';

/** All aggregates of one process: brings them into memory on demand, keeps the most recently used, bounds what waits. */
export function createAggregates(options: AggregatesOptions): Aggregates {
  const engine = new Engine(options);
  return {
    execute: (aggregate, command) => engine.execute(aggregate, command),
    load: (aggregate, deadline) => engine.load(aggregate, deadline),
    async readAt(aggregate, seq) {
      const stored = await options.log.readAt(aggregate, seq);
      return stored && { commit: decodeCommit(stored.bytes), seq: stored.seq };
    },
    get queued() {
      return engine.queued;
    },
    get loaded() {
      return engine.loaded;
    },
    shutdown: (withinMs = shutdownMsDefault) => engine.shutdown(withinMs),
  };
}

class Engine {
  queued = 0;
  readonly #deciders: ReadonlyMap<AggregateKind, ErasedDecider>;
  readonly #intervals: ReadonlyMap<AggregateKind, number>;
  /** Least recently used first. */
  readonly #aggregates = new Map<string, Aggregate>();
  readonly #busy = new Set<Aggregate>();
  readonly #host: AggregateHost;
  readonly #aggregatesMax: number;
  readonly #queuedMax: number;
  readonly #nowMs: () => number;
  #sweeper: NodeJS.Timeout | undefined;
  #closing = false;
  #onQuiet: (() => void) | undefined;

  constructor(options: AggregatesOptions) {
    const { log, ws, deciders, clock = Date.now, oldestRelease = () => newestRelease, observer = {}, minCommitIntervalMs = {} } = options;
    this.#deciders = new Map(aggregateKinds.flatMap((kind) => (deciders[kind] ? [[kind, deciders[kind] as unknown as ErasedDecider] as const] : [])));
    this.#intervals = new Map(aggregateKinds.map((kind) => [kind, minCommitIntervalMs[kind] ?? (kind === 'reader' ? readerCommitEveryMs : 0)] as const));
    this.#aggregatesMax = options.aggregatesMax ?? aggregatesMaxDefault;
    this.#queuedMax = options.queuedMax ?? queuedMaxDefault;
    this.#nowMs = clock;
    this.#host = {
      log, ws, oldestRelease, observer, nowMs: clock,
      queueMax: options.queueMax ?? queueMaxDefault,
      admitLoad: createGate(options.loadsMax ?? loadsMaxDefault),
      snapshots: new SnapshotKeeper(options.snapshots, log, observer, clock),
      onBusy: (aggregate) => this.#onBusy(aggregate),
      onStored: (aggregate) => this.#onStored(aggregate),
      onIdle: (aggregate) => this.#onIdle(aggregate),
      onQueued: (change) => { this.queued += change; },
    };
  }

  get loaded(): number {
    return this.#aggregates.size;
  }

  execute(ref: AggregateRef, command: PreparedCommand): Promise<CommandReply> {
    const aggregate = this.#admit(ref);
    if (aggregate instanceof Aggregate) return aggregate.execute(command);
    this.#host.observer.answered?.(ref.kind, command.type, aggregate.problem.code);
    return Promise.resolve(aggregate);
  }

  load(ref: AggregateRef, deadline: number = this.#nowMs() + commandDeadlineMs): Promise<AggregateView> {
    const aggregate = this.#admit(ref);
    return aggregate instanceof Aggregate ? aggregate.view(deadline) : Promise.resolve(aggregate);
  }

  async shutdown(withinMs: number): Promise<void> {
    this.#closing = true;
    for (const aggregate of this.#busy) aggregate.hurry();
    if (this.#busy.size > 0) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#onQuiet = resolve;
        timer = setTimeout(resolve, withinMs);
      });
      clearTimeout(timer);
      // Whoever still waits is told now what can be told.
      for (const aggregate of this.#busy) aggregate.sweep(Number.POSITIVE_INFINITY);
    }
    clearInterval(this.#sweeper);
    for (const aggregate of this.#aggregates.values()) this.#farewell(aggregate);
    this.#aggregates.clear();
    await this.#host.snapshots.settled();
  }

  #admit(ref: AggregateRef): Aggregate | { readonly ok: false; readonly problem: ReturnType<typeof problem> } {
    if (this.#closing) return { ok: false, problem: problem('unavailable', { retryAfterMs }) };
    if (this.queued >= this.#queuedMax) return { ok: false, problem: problem('overloaded', { retryAfterMs }) };
    const key = `${ref.kind}/${ref.id}`;
    const known = this.#aggregates.get(key);
    if (known) return known;
    const decider = this.#deciders.get(ref.kind);
    if (!decider) throw new TypeError(`there is no decider for the kind ${ref.kind}`);
    const aggregate = new Aggregate(this.#host, ref, decider, this.#intervals.get(ref.kind) ?? 0);
    this.#aggregates.set(key, aggregate);
    return aggregate;
  }

  #onBusy(aggregate: Aggregate): void {
    this.#busy.add(aggregate);
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepEveryMs);
  }

  #onStored(aggregate: Aggregate): void {
    const { confirmed } = aggregate;
    if (confirmed) this.#host.snapshots.offer(keyOf(aggregate), confirmed);
  }

  #onIdle(aggregate: Aggregate): void {
    this.#busy.delete(aggregate);
    const key = `${aggregate.ref.kind}/${aggregate.ref.id}`;
    if (this.#aggregates.delete(key)) this.#aggregates.set(key, aggregate);
    this.#evict();
    if (this.#busy.size === 0) this.#onQuiet?.();
  }

  #evict(): void {
    let looks = 0;
    for (const [key, aggregate] of this.#aggregates) {
      if (this.#aggregates.size <= this.#aggregatesMax || looks >= evictionLooksMax) return;
      looks += 1;
      if (!aggregate.isIdle) continue;
      this.#aggregates.delete(key);
      this.#farewell(aggregate);
    }
  }

  #farewell(aggregate: Aggregate): void {
    const { confirmed } = aggregate;
    if (confirmed) this.#host.snapshots.farewell(keyOf(aggregate), confirmed);
  }

  #sweep(): void {
    const nowMs = this.#nowMs();
    for (const aggregate of this.#busy) aggregate.sweep(nowMs);
    if (this.#busy.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

const keyOf = ({ ref, decider, epoch }: Aggregate): { readonly aggregate: AggregateRef; readonly stateVersion: number; readonly epoch: string } => ({
  aggregate: ref, stateVersion: decider.stateVersion, epoch,
});
