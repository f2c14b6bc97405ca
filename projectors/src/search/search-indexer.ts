import type { NatsConnection } from '@nats-io/nats-core';
import { eventStreams, streamNames } from '@parley/contracts/wire/partition';
import { streamState } from '@parley/kernel/event-store/read-stream';
import type { Sql } from '@parley/kernel/stores/postgres';
import { logger } from '@parley/kernel/telemetry/log';
import { backoffMs, judge, pause } from '../runner/failures.ts';
import { LaneReport } from '../runner/lane-report.ts';
import type { Ownership } from '../runner/ownership.ts';
import { observeLanes } from '../runner/runner.ts';
import { ConversationsAt } from './conversations-at.ts';
import { openRows } from './rows.ts';
import { type LaneDeps, runSearchLane } from './search-lane.ts';
import type { SearchTarget } from './target.ts';

const stoppedRetryEveryMs = 10_000;
const steadyMs = 10_000;
const watchEveryMs = 2_000;
const troubledAfterSeconds = 5;

type Deps = { readonly nc: NatsConnection; readonly sql: Sql };

/**
 * Keeps one index of messages in step with the rows of conversations: a lane per event stream, each owned by one
 * process at a time. An index that is away is waited for; nothing else waits with it. Disposed before its target.
 */
export class SearchIndexer {
  readonly reports: readonly LaneReport[];
  readonly #deps: LaneDeps;
  readonly #ownership: Ownership;
  readonly #ended = new AbortController();
  readonly #lanes: Promise<void>[];
  readonly #watch: Promise<void>;
  readonly #unobserve: () => void;
  readonly #log = logger('projectors');

  constructor({ nc, sql }: Deps, ownership: Ownership, target: SearchTarget) {
    this.#deps = { nc, sql, target, rows: openRows(sql), conversations: new ConversationsAt(sql) };
    this.#ownership = ownership;
    this.reports = streamNames.slice(0, eventStreams).map((stream) => new LaneReport({ projection: { name: `search-${target.name}` }, generation: 1, stream }, true));
    this.#unobserve = observeLanes(() => this.reports);
    this.#lanes = this.reports.map((report) => this.#keepLane(report));
    this.#watch = this.#watchLog();
  }

  /** Why what was said lately cannot be found, or undefined. No reason to send nobody here: all else works. */
  trouble(): string | undefined {
    const running = this.reports.filter(({ state }) => state !== 'standby');
    const stopped = running.find(({ trouble }) => trouble !== undefined);
    if (stopped) return stopped.trouble;
    const lag = Math.max(0, ...running.map(({ lagSeconds }) => lagSeconds));
    return lag > troubledAfterSeconds ? `the search index is ${Math.round(lag)} s behind` : undefined;
  }

  async #keepLane(report: LaneReport): Promise<void> {
    const name = `${report.projection} ${report.stream}`;
    const { signal } = this.#ended;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const lost = new AbortController();
      const begun = performance.now();
      try {
        if (!(await this.#ownership.own(name, signal, lost))) break;
        await runSearchLane(this.#deps, report.stream, report, AbortSignal.any([signal, lost.signal]));
        report.standby();
      } catch (error) {
        if (performance.now() - begun > steadyMs) attempt = 0;
        await this.#afterError(report, error, attempt);
      }
    }
    this.#ownership.release(name);
  }

  async #afterError(report: LaneReport, error: unknown, attempt: number): Promise<void> {
    const { signal } = this.#ended;
    if (signal.aborted) return;
    const where = { projection: report.projection, stream: report.stream };
    const verdict = judge(error);
    if (verdict === 'stop') {
      report.stopped((error as Error).message);
      this.#log.error({ ...where, reason: (error as Error).message }, 'search index stopped');
      return pause(stoppedRetryEveryMs, signal);
    }
    report.waiting(error instanceof Error ? error.message : String(error));
    this.#log[attempt === 0 || verdict === 'fenced' ? 'info' : 'warn']({ ...where, reason: error instanceof Error ? error.message.slice(0, 300) : String(error), attempt }, 'search index interrupted; begins again from its own position');
    return pause(backoffMs(attempt), signal);
  }

  async #watchLog(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await Promise.all(this.reports.map(async (report) => {
        try {
          report.observed((await streamState(this.#deps.nc, report.stream)).lastSeq);
        } catch {
          // The lane itself meets an unreachable log.
        }
      }));
      await pause(watchEveryMs, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await Promise.all([...this.#lanes, this.#watch]);
    await this.#deps.conversations[Symbol.asyncDispose]();
    this.#unobserve();
  }
}
