import type { Commit } from '@parley/contracts/envelope/commit';
import { eventStreams, streamNames } from '@parley/contracts/wire/partition';
import { CorruptCommit, decodeCommit } from '@parley/kernel/event-store/commit-codec';
import { followStream, streamState } from '@parley/kernel/event-store/read-stream';
import type { NatsConnection } from '@parley/kernel/nats/connect';
import { logger } from '@parley/kernel/telemetry/log';
import { errandRan } from '../telemetry.ts';
import type { Positions } from './positions.ts';
import type { RegistrationProcess } from './registration.process.ts';
import { Unfinished, type Waiting } from './unfinished.ts';

export type RollForwardNeeds = {
  readonly nc: NatsConnection;
  readonly process: RegistrationProcess;
  readonly positions: Positions;
  /** One instance is enough; two at once change nothing but the work. */
  readonly isMine: () => boolean;
};

const tickMs = 1_000;
const saveEveryMs = 10_000;
const retryMs = 10_000;
const errandMs = 9_000;
const disposeMsMax = 2_000;
const errandsAtOnceMax = 8;
const unfinishedMax = 10_000;
const peopleOnly = 'evt.*.user.>';

/**
 * Finishes what a killed process began: follows the log of people, and whoever began to take a name and has not come
 * to an end after 5 s is taken there. Effects are commands with ids of their own, so doing one twice is harmless.
 */
export class RollForward {
  readonly #needs: RollForwardNeeds;
  readonly #unfinished = new Unfinished();
  readonly #read = new Map<string, { readonly epoch: string; readonly seq: number }>();
  readonly #running = new Set<Promise<void>>();
  readonly #busy = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #following: { readonly stop: AbortController; readonly done: Promise<unknown> } | undefined;
  #savedAtMs = 0;
  #ticking: Promise<void> | undefined;

  constructor(needs: RollForwardNeeds) {
    this.#needs = needs;
    this.#timer = setInterval(() => {
      this.#ticking ??= this.#tick()
        .catch((error: unknown) => logger('roll-forward').warn({ err: error }, 'could not go on'))
        .finally(() => {
          this.#ticking = undefined;
        });
    }, tickMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#ticking;
    await this.#unfollow();
  }

  async #tick(): Promise<void> {
    const isMine = this.#needs.isMine();
    if (!isMine && this.#following) await this.#unfollow();
    if (isMine && !this.#following) this.#follow();
    if (!isMine) return;
    this.#runDue();
    if (Date.now() - this.#savedAtMs >= saveEveryMs) await this.#save();
  }

  #follow(): void {
    const stop = new AbortController();
    const streams = streamNames.slice(0, eventStreams);
    this.#savedAtMs = Date.now();
    const done = Promise.allSettled(
      streams.map((stream) =>
        this.#followOne(stream, stop.signal).catch((error: unknown) => {
          logger('roll-forward').warn({ err: error, stream }, 'the log of people cannot be followed');
          // All or none: the next tick begins again from what was saved.
          stop.abort();
        }),
      ),
    );
    this.#following = { stop, done };
  }

  async #followOne(stream: string, signal: AbortSignal): Promise<void> {
    const { nc, positions } = this.#needs;
    const { epoch } = await streamState(nc, stream);
    const saved = await positions.read(stream);
    const from = saved?.epoch === epoch ? saved.seq + 1 : 1;
    for await (const batch of followStream(nc, stream, from, { signal, filterSubject: peopleOnly, batchMessagesMax: 500 })) {
      for (const { bytes, seq, subject } of batch) {
        const commit = readable(bytes, subject, seq);
        if (commit) this.#unfinished.fold(commit, stream, seq);
        this.#read.set(stream, { epoch, seq });
      }
      while (this.#unfinished.size >= unfinishedMax && !signal.aborted) await pause(tickMs);
    }
  }

  async #unfollow(): Promise<void> {
    const following = this.#following;
    following?.stop.abort();
    await following?.done;
    // What is under way then is cut off as by a crash, and done by whoever comes next.
    await Promise.race([Promise.allSettled(this.#running), pause(disposeMsMax)]);
    if (following) await this.#save().catch(() => {});
    this.#following = undefined;
    this.#unfinished.clear();
    this.#read.clear();
  }

  #runDue(): void {
    if (this.#following?.stop.signal.aborted) {
      this.#following = undefined;
      return;
    }
    for (const [key, waiting] of this.#unfinished.due(Date.now(), errandsAtOnceMax)) {
      if (this.#busy.has(key) || this.#busy.size >= errandsAtOnceMax) continue;
      this.#busy.add(key);
      const running = this.#run(key, waiting).finally(() => {
        this.#busy.delete(key);
        this.#running.delete(running);
      });
      this.#running.add(running);
    }
  }

  async #run(key: string, waiting: Waiting): Promise<void> {
    const { errand } = waiting;
    const { process } = this.#needs;
    const deadlineMs = Date.now() + errandMs;
    let isDone = false;
    try {
      const reply =
        errand.errand === 'finish' ? await process.rollForward(errand.started, deadlineMs) : await process.release(errand.userId, errand.claimId, errand, deadlineMs);
      isDone = reply === undefined || reply.ok || reply.problem.code === 'name-taken';
    } catch (error) {
      logger('roll-forward').warn({ err: error }, 'an errand failed and is tried again');
    }
    errandRan(errand.errand, isDone);
    this.#unfinished.ran(key, waiting, isDone, Date.now() + retryMs);
  }

  async #save(): Promise<void> {
    this.#savedAtMs = Date.now();
    for (const [stream, { epoch, seq }] of this.#read) {
      await this.#needs.positions.write(stream, { epoch, seq: this.#unfinished.settledSeq(stream, seq) });
    }
  }
}

/** One person's log that cannot be read is no reason to leave everybody else's registrations. Throws UnknownEvent: a newer release goes on from there. */
function readable(bytes: Uint8Array, subject: string, seq: number): Commit | undefined {
  try {
    return decodeCommit(bytes);
  } catch (error) {
    if (!(error instanceof CorruptCommit)) throw error;
    logger('roll-forward').error({ err: error, subject, seq }, 'a commit cannot be read, and is passed over');
    return undefined;
  }
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
