import { logger } from '@parley/kernel/telemetry/log';
import { type Lane, laneName } from './checkpoint.ts';
import { backoffMs, judge, pause, Stopped } from './failures.ts';
import { LaneReport } from './lane-report.ts';
import type { Ownership } from './ownership.ts';
import { Worker, type WorkerDeps } from './worker.ts';

/** A stopped lane leaves its stream to a newer release, and looks again after this time. */
const stoppedRetryEveryMs = 10_000;

/**
 * Keeps one lane at work whenever this process owns it, whatever happens to it. Ends with `[Symbol.asyncDispose]`;
 * what is being applied then is finished.
 */
export class LaneKeeper {
  readonly lane: Lane;
  readonly report: LaneReport;
  readonly #deps: WorkerDeps;
  readonly #ownership: Ownership;
  readonly #ended = new AbortController();
  readonly #kept: Promise<void>;
  readonly #log = logger('projectors');
  #interrupt = new AbortController();

  constructor(deps: WorkerDeps, ownership: Ownership, lane: Lane, isRead: boolean) {
    this.lane = lane;
    this.report = new LaneReport(lane, isRead);
    this.#deps = deps;
    this.#ownership = ownership;
    this.#kept = this.#keep();
  }

  /** Stops the present work: nobody but an operator helps. */
  stop(reason: Stopped): void {
    this.#interrupt.abort(reason);
  }

  async #keep(): Promise<void> {
    const name = laneName(this.lane);
    for (let attempt = 0; !this.#ended.signal.aborted; attempt += 1) {
      const interrupt = (this.#interrupt = new AbortController());
      try {
        if (!(await this.#ownership.own(name, this.#ended.signal, interrupt))) break;
        const begun = performance.now();
        await new Worker(this.#deps, this.lane, this.report, AbortSignal.any([this.#ended.signal, interrupt.signal])).run();
        if (performance.now() - begun > stoppedRetryEveryMs) attempt = 0;
        if (interrupt.signal.reason instanceof Stopped) throw interrupt.signal.reason;
        this.report.standby();
      } catch (error) {
        await this.#afterError(name, interrupt.signal.reason instanceof Stopped ? interrupt.signal.reason : error, attempt);
      }
    }
    this.#ownership.release(name);
  }

  async #afterError(name: string, error: unknown, attempt: number): Promise<void> {
    const { signal } = this.#ended;
    if (signal.aborted) return;
    const { report } = this;
    const where = { projection: report.projection, generation: report.generation, stream: report.stream };
    const verdict = judge(error);
    if (verdict === 'stop') {
      report.stopped((error as Error).message);
      this.#log.fatal({ ...where, reason: (error as Error).message }, 'projection stopped');
      this.#ownership.release(name);
      await pause(stoppedRetryEveryMs, signal);
    } else if (verdict === 'fenced') {
      this.#log.warn({ ...where, err: error }, 'fenced: another worker moved the checkpoint');
      await pause(backoffMs(attempt), signal);
    } else {
      report.waiting(error instanceof Error ? error.message : String(error));
      this.#log.warn({ ...where, err: error, attempt }, 'projection interrupted; begins again');
      await pause(backoffMs(attempt), signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#kept;
  }
}
