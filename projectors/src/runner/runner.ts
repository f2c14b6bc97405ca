import { streamState } from '@parley/kernel/event-store/read-stream';
import { logger } from '@parley/kernel/telemetry/log';
import { meter } from '@parley/kernel/telemetry/telemetry';
import type { Generation } from '../generations/generation.ts';
import { readGenerations } from '../generations/read.ts';
import { pause, Stopped } from './failures.ts';
import { LaneKeeper } from './lane-keeper.ts';
import type { LaneReport } from './lane-report.ts';
import type { Ownership } from './ownership.ts';
import type { AnyProjection } from './projection.ts';
import { anotherLog, type WorkerDeps } from './worker.ts';

const watchEveryMs = 2_000;

/**
 * Keeps every set of rows current that is read or stands by, each on every stream its projection follows, as a lane of
 * its own that is owned by one process at a time. A set that appears or goes is noticed within two seconds.
 * Ends with `[Symbol.asyncDispose]`; what is being applied then is finished.
 */
export class Runner {
  readonly #instance: string;
  readonly #deps: WorkerDeps;
  readonly #ownership: Ownership;
  readonly #projections: readonly AnyProjection[];
  readonly #lanes = new Map<string, LaneKeeper>();
  readonly #ended = new AbortController();
  readonly #watch: Promise<void>;
  readonly #unobserve: () => void;
  readonly #log = logger('projectors');
  #foreign: string | undefined;

  constructor(instance: string, deps: WorkerDeps, ownership: Ownership, projections: readonly AnyProjection[]) {
    this.#instance = instance;
    this.#deps = deps;
    this.#ownership = ownership;
    this.#projections = projections;
    this.#unobserve = observeLanes(() => this.reports);
    this.#watch = this.#watchAll();
  }

  get reports(): readonly LaneReport[] {
    return [...this.#lanes.values()].map(({ report }) => report);
  }

  /** Why this process is not ready, or undefined. Rows that nobody reads are no reason. */
  trouble(): string | undefined {
    if (this.#foreign !== undefined) return this.#foreign;
    const troubles = this.reports.flatMap((report) => (report.isRead ? (report.trouble ?? []) : []));
    return troubles.length === 0 ? undefined : troubles.slice(0, 5).join('; ') + (troubles.length > 5 ? `; and ${troubles.length - 5} more` : '');
  }

  async #watchAll(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await this.#watchGenerations();
      await Promise.all([...new Set(this.reports.map((report) => report.stream))].map((stream) => this.#watchStream(stream)));
      await this.#beat();
      await pause(watchEveryMs, signal);
    }
  }

  /** Begins the lanes of generations that are new, ends those of generations that are gone. */
  async #watchGenerations(): Promise<void> {
    try {
      await this.#follow(await readGenerations(this.#deps.sql));
    } catch (error) {
      this.#log.debug({ err: error }, 'the generations cannot be read');
    }
  }

  async #follow(generations: readonly Generation[]): Promise<void> {
    const wanted = new Set<string>();
    for (const { projection: name, generation, version, state } of generations) {
      const projection = this.#projections.find((known) => known.name === name && known.version === version);
      if (state === 'building' || state === 'retired' || !projection) continue;
      for (const stream of projection.streams) {
        const key = `${name} ${generation} ${stream}`;
        const isRead = state === 'active';
        wanted.add(key);
        const keeper = this.#lanes.get(key);
        if (keeper) keeper.report.isRead = isRead;
        else if (!this.#ended.signal.aborted) this.#lanes.set(key, new LaneKeeper(this.#deps, this.#ownership, { projection, generation, stream }, isRead));
      }
    }
    const foreign = generations.flatMap((each) => (each.state === 'active' ? (foreignTo(this.#projections, each) ?? []) : []));
    if (foreign.length > 0 && this.#foreign === undefined) this.#log.error({ reason: foreign.join('; ') }, 'rows of another version');
    this.#foreign = foreign.length === 0 ? undefined : foreign.join('; ');
    const gone = [...this.#lanes].filter(([key]) => !wanted.has(key));
    for (const [key] of gone) this.#lanes.delete(key);
    await Promise.all(gone.map(([, keeper]) => keeper[Symbol.asyncDispose]()));
  }

  /** Asks a stream for its end, for lag, and whether it still is the log that the rows were made of. */
  async #watchStream(stream: string): Promise<void> {
    const lanes = [...this.#lanes.values()].filter(({ report }) => report.stream === stream);
    // Taken before asking: a lane may pass the answer while it travels.
    const places = lanes.map((keeper) => ({ keeper, place: keeper.report.place, running: keeper.report.state === 'running' }));
    try {
      const state = await streamState(this.#deps.nc, stream);
      for (const { keeper, place, running } of places) {
        keeper.report.observed(state.lastSeq);
        const problem = running ? anotherLog(place, { ...state, firstSeq: 1 }) : undefined;
        if (problem !== undefined) keeper.stop(new Stopped(`${stream}: rebuild needed: ${problem}`));
      }
    } catch {
      // The lanes themselves meet an unreachable log, and say so.
    }
  }

  /** Tells readers that somebody works, and how far behind what they read is. */
  async #beat(): Promise<void> {
    const read = this.reports.filter(({ isRead }) => isRead);
    const running = read.filter(({ state }) => state === 'running');
    const lag = Math.max(0, ...running.map(({ lagSeconds }) => lagSeconds));
    const row = { instance: this.#instance, lanes: running.length, wanted: read.length, lag_seconds: lag, trouble: this.trouble() ?? null };
    await this.#deps.sql`
      with gone as (delete from ops.projector where heartbeat_at < now() - interval '1 minute')
      insert into ops.projector ${this.#deps.sql(row)}
      on conflict (instance) do update set lanes = excluded.lanes, wanted = excluded.wanted, lag_seconds = excluded.lag_seconds, trouble = excluded.trouble,
        heartbeat_at = now()`.catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#watch;
    await Promise.all([...this.#lanes.values()].map((keeper) => keeper[Symbol.asyncDispose]()));
    await this.#deps.sql`delete from ops.projector where instance = ${this.#instance}`.catch(() => {});
    this.#unobserve();
  }
}

/** Why nobody of this build can keep a generation current that is read. */
function foreignTo(projections: readonly AnyProjection[], { projection: name, version }: Generation): string | undefined {
  const known = projections.filter((projection) => projection.name === name);
  if (known.some((projection) => projection.version === version)) return undefined;
  const [present] = known;
  if (!present) return undefined;
  return version < present.version
    ? `${name}: its rows are of version ${version}, this build makes version ${present.version}: run parley rebuild ${name}`
    : `${name}: its rows are of version ${version}, newer than this build's ${present.version}: deploy the release that made them`;
}

/** Measures lanes until the returned function is called. */
export function observeLanes(reports: () => readonly LaneReport[]): () => void {
  const lagEvents = meter().createObservableGauge('parley_projection_lag_events', { description: 'Messages of the stream not yet reached' });
  const lagSeconds = meter().createObservableGauge('parley_projection_lag_seconds', { description: 'For how long there has been something to apply' });
  const parked = meter().createObservableGauge('parley_projection_parked', { description: 'Aggregates set aside' });
  const owned = meter().createObservableGauge('parley_projection_running', { description: '1 while this process works on the stream' });
  const observe: Parameters<ReturnType<typeof meter>['addBatchObservableCallback']>[0] = (result) => {
    for (const report of reports()) {
      const labels = { projection: report.projection, generation: String(report.generation), stream: report.stream };
      result.observe(lagEvents, report.lagEvents, labels);
      result.observe(lagSeconds, report.lagSeconds, labels);
      result.observe(parked, report.parkedCount, labels);
      result.observe(owned, report.state === 'running' ? 1 : 0, labels);
    }
  };
  const instruments = [lagEvents, lagSeconds, parked, owned];
  meter().addBatchObservableCallback(observe, instruments);
  return () => meter().removeBatchObservableCallback(observe, instruments);
}
