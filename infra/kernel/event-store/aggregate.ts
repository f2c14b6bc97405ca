import type { AggregateRef, Position } from '@parley/contracts/envelope/commit';
import { type Problem, problem } from '@parley/contracts/problems/codes';
import { UnknownEvent } from '@parley/contracts/registry/events';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import { controlHeader, traceparentHeader } from '@parley/contracts/wire/subjects';
import { Answers, retryAfterMs } from './answers.ts';
import { hashOf } from './commit-codec.ts';
import { type Confirmed, type ErasedDecider, foldCommit } from './confirmed.ts';
import { type AppendOutcome, type EventLog, LogUnavailable } from './event-log.ts';
import { loadAggregate } from './load.ts';
import type { Alarm, AggregateObserver } from './observer.ts';
import { Pending, type PreparedCommand } from './pending.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';
import { envelopeBytesOf, Turn, type TurnRules } from './turn.ts';

/** What an aggregate shares with the others of its process. */
export type AggregateHost = {
  readonly log: EventLog;
  readonly ws: string;
  readonly nowMs: () => number;
  readonly oldestRelease: () => string;
  readonly observer: AggregateObserver;
  /** How many commands may wait for one aggregate. */
  readonly queueMax: number;
  /** Runs a load when few enough others run. */
  readonly admitLoad: <T>(load: () => Promise<T>) => Promise<T>;
  readonly snapshots: SnapshotKeeper;
  /** Called when commands begin to wait, after each stored commit, and when none waits any more. */
  readonly onBusy: (aggregate: Aggregate) => void;
  readonly onStored: (aggregate: Aggregate) => void;
  readonly onIdle: (aggregate: Aggregate) => void;
  /** One command more (+1) or fewer (−1) is waiting. */
  readonly onQueued: (change: 1 | -1) => void;
};

/** The confirmed state of an aggregate, after a leader read. */
export type AggregateView =
  | { readonly ok: true; readonly state: unknown; readonly n: number; readonly position: Position; readonly at: string }
  | { readonly ok: false; readonly problem: Problem };

const roundsMax = 5;
const clockAheadMsMax = 5_000;
const brokenMs = 1_000;
const readRetryMs = 50;
const readRetryMsMax = 500;

/**
 * One aggregate on the write side: commands queue, one append is in flight, and what waits meanwhile leaves together
 * in the next commit. Nothing decided on provisional state is told to anybody before its commit is stored, and a
 * refusal, no-op or repetition only once the state was confirmed after it was asked for. Any number of engines may
 * work on the same aggregate: the expected sequence of its subject keeps them from overwriting each other.
 */
export class Aggregate {
  readonly ref: AggregateRef;
  readonly #host: AggregateHost;
  readonly #rules: TurnRules;
  readonly #minCommitIntervalMs: number;
  readonly #answers: Answers;
  #queue: Pending[] = [];
  #turn: Turn | undefined;
  #appending = false;
  /** Is stored; its commands are answered as soon as the next turn is on its way, so that they do not delay it. */
  #stored: Turn | undefined;
  #confirmed: Confirmed | undefined;
  #running = false;
  #arrivals = 0;
  /** The state was confirmed after this many had arrived. */
  #confirmedThrough = 0;
  #unreadable = false;
  #broken: { readonly problem: Problem; readonly untilMs: number } | undefined;
  #hurried = false;
  #wake: (() => void) | undefined;

  constructor(host: AggregateHost, ref: AggregateRef, decider: ErasedDecider, minCommitIntervalMs: number) {
    this.ref = ref;
    this.#host = host;
    this.#minCommitIntervalMs = minCommitIntervalMs;
    this.#answers = new Answers(ref, host.observer, host.onQueued);
    const deciderThrew = (type: string, error: unknown): void => this.#alarm('decider-threw', `${type}: ${textOf(error)}`);
    this.#rules = { ws: host.ws, aggregate: ref, decider, deciderThrew, envelopeBytes: envelopeBytesOf(host.ws, ref) };
  }

  get decider(): ErasedDecider {
    return this.#rules.decider;
  }
  get epoch(): string {
    return this.#answers.epoch;
  }
  /** What is known to be in the log, once loaded. */
  get confirmed(): Confirmed | undefined {
    return this.#confirmed;
  }
  /** Nothing waits here, and nothing is remembered here that could not be read again. */
  get isIdle(): boolean {
    return !this.#running && this.#answers.limbo.isEmpty;
  }

  /** Decides a command; always answers, at the latest when its deadline has passed. */
  execute(command: PreparedCommand): Promise<CommandReply> {
    return new Promise((resolve) => this.#enqueue(command, command.deadline, resolve));
  }

  /** The state as the leader has it at or after this call. */
  view(deadline: number): Promise<AggregateView> {
    return new Promise((resolve) =>
      this.#enqueue(undefined, deadline, (reply) => {
        if (!reply.ok) resolve(reply);
        else resolve({ ok: true, state: this.#confirmed?.state, n: reply.n, position: reply.position, at: reply.at });
      }),
    );
  }

  /** Answers whoever waited past the deadline. Called by one clock for all aggregates, so that no command needs a timer. */
  sweep(nowMs: number): void {
    let answered = 0;
    for (const pending of this.#queue) if (pending.deadline <= nowMs && this.#expire(pending)) answered += 1;
    if (answered > 0) this.#queue = this.#queue.filter(({ settled }) => !settled);
    for (const pending of this.#turn?.entries ?? []) if (pending.deadline <= nowMs) this.#expire(pending);
  }

  /** Ends a wait for the next slot of a slow aggregate: the process is about to end. */
  hurry(): void {
    this.#hurried = true;
    this.#wake?.();
  }

  #enqueue(command: PreparedCommand | undefined, deadline: number, resolve: (reply: CommandReply) => void): void {
    if (this.#queue.length >= this.#host.queueMax) return this.#turnAway(command, problem('overloaded', { retryAfterMs }), resolve);
    if (this.#broken) {
      if (this.#host.nowMs() < this.#broken.untilMs) return this.#turnAway(command, this.#broken.problem, resolve);
      this.#broken = undefined;
    }
    this.#arrivals += 1;
    this.#host.onQueued(1);
    this.#queue.push(new Pending(command, deadline, this.#arrivals, resolve));
    if (this.#running) return;
    this.#running = true;
    this.#host.onBusy(this);
    this.#run().catch((error: unknown) => this.#alarm('engine-threw', textOf(error)));
  }

  #turnAway(command: PreparedCommand | undefined, because: Problem, resolve: (reply: CommandReply) => void): void {
    if (command) this.#host.observer.answered?.(this.ref.kind, command.type, because.code);
    resolve({ ok: false, problem: because });
  }

  async #run(): Promise<void> {
    // Commands that arrive in the same turn of the event loop leave together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      try {
        this.#confirmed ??= await this.#load();
        if (this.#confirmed) {
          if (this.#minCommitIntervalMs > 0) await this.#awaitSlot(this.#confirmed);
          await this.#takeTurn(this.#confirmed);
        }
      } catch (error) {
        this.#fail(error);
      }
      // A next turn takes all that waits, so this never waits for more than its composing.
      if (this.#queue.length === 0) this.#answerStored();
    }
    this.#running = false;
    this.#host.onIdle(this);
  }

  async #takeTurn(confirmed: Confirmed): Promise<void> {
    const turn = this.#compose(confirmed);
    this.#turn = turn;
    try {
      if (turn.events > 0) await this.#append(turn, confirmed);
      else {
        this.#answerStored();
        if (turn.entries.length > 0) await this.#answerUnchanged(turn, confirmed);
      }
    } finally {
      this.#turn = undefined;
      // Whoever has no answer coming is decided again, before those who came later.
      const left = this.#stored === turn ? [] : turn.entries.filter(({ settled }) => !settled);
      if (left.length > 0) this.#queue = [...left, ...this.#queue];
    }
  }

  #compose(confirmed: Confirmed): Turn {
    const nowMs = this.#host.nowMs();
    const { link } = confirmed;
    if (link.n > 0 && Date.parse(link.at) > nowMs + clockAheadMsMax) this.#alarm('clock-behind-log', `the last commit is of ${link.at}`);
    const turn = new Turn(this.#rules, confirmed, nowMs, this.#host.oldestRelease());
    let taken = 0;
    for (const pending of this.#queue) {
      if (!pending.settled) {
        if (pending.deadline <= nowMs) this.#expire(pending);
        else if (!turn.take(pending)) break;
      }
      taken += 1;
    }
    this.#queue = taken === this.#queue.length ? [] : this.#queue.slice(taken);
    return turn;
  }

  /** A turn that changes nothing may be answered if its state was confirmed after each of its commands came. */
  async #answerUnchanged(turn: Turn, confirmed: Confirmed): Promise<void> {
    if (turn.entries.some(({ arrival }) => arrival > this.#confirmedThrough)) {
      const mark = this.#arrivals;
      const seq = await this.#untilReadable(async () => {
        const last = await this.#host.log.lastSeq(this.ref);
        // A leader just deposed may not know yet what the new one acknowledged.
        if (last < confirmed.link.seq) throw new LogUnavailable('the leader is behind what was acknowledged');
        return last;
      });
      if (seq === undefined) return;
      if (seq !== confirmed.link.seq) {
        await this.#catchUp(confirmed);
        return;
      }
      this.#confirmedThrough = mark;
    }
    this.#answers.all(turn, confirmed);
  }

  async #append(turn: Turn, confirmed: Confirmed): Promise<void> {
    const { log, observer } = this.#host;
    const bytes = turn.encode();
    const mark = this.#arrivals;
    const startedMs = performance.now();
    const expectedSeq = confirmed.link.seq;
    this.#appending = true;
    let result: AppendOutcome;
    try {
      const sent = log.append(this.ref, expectedSeq, bytes, headersOf(turn));
      this.#answerStored();
      result = await sent;
    } catch (error) {
      this.#alarm('append-threw', textOf(error));
      result = { outcome: 'unknown', detail: textOf(error) };
    }
    this.#appending = false;
    this.#answerStored();
    observer.appended?.(this.ref.kind, result.outcome, performance.now() - startedMs, turn.events, bytes.length);
    switch (result.outcome) {
      case 'stored':
        this.#advance(turn, confirmed, bytes, result.seq);
        this.#confirmedThrough = mark;
        this.#stored = turn;
        return this.#host.onStored(this);
      case 'not-stored':
        return this.#answerNotStored(turn, result);
      case 'unknown':
        this.#answers.limbo.add(turn.entries, expectedSeq);
        return this.#settleByReading(turn, confirmed);
      case 'conflict':
        return this.#settleByReading(turn, confirmed);
    }
  }

  #advance(turn: Turn, confirmed: Confirmed, bytes: Uint8Array, seq: number): void {
    confirmed.state = turn.state;
    confirmed.link = { n: turn.n, seq, prev: hashOf(bytes), at: turn.at };
    for (const { command, verdict, n, events } of turn.entries) {
      if (verdict === 'events' && command) confirmed.remembered.remember(command.id, { by: command.caller.userId, mac: command.mac, n, events, seq, at: turn.at });
    }
    this.#answers.limbo.headAt(seq);
  }

  #answerStored(): void {
    if (this.#stored && this.#confirmed) this.#answers.all(this.#stored, this.#confirmed);
    this.#stored = undefined;
  }

  /** What was in the append fails; what only depended on it is decided again. */
  #answerNotStored(turn: Turn, { reason }: Extract<AppendOutcome, { outcome: 'not-stored' }>): void {
    const because = problem(reason === 'rejected' ? 'unavailable' : reason, reason === 'too-large' ? {} : { retryAfterMs });
    for (const pending of turn.entries) if (pending.verdict === 'events') this.#answers.refuse(pending, because);
  }

  /**
   * Somebody else's commit is there, or ours may be: the log alone knows. Reads all of it that is new, answers those
   * whose ids are in it, and gives up on those that have lost too often.
   */
  async #settleByReading(turn: Turn, confirmed: Confirmed): Promise<void> {
    let lost = 0;
    for (const pending of turn.entries) {
      if (pending.verdict !== 'events') continue;
      pending.attempted = true;
      pending.rounds += 1;
      lost = Math.max(lost, pending.rounds);
    }
    if (lost > 0) await pause(Math.random() * 2 ** Math.min(lost, roundsMax));
    if (!(await this.#catchUp(confirmed))) return;
    for (const pending of turn.entries) {
      if (!pending.settled && pending.rounds > roundsMax && !this.#answers.fromLog(pending, this.#confirmed)) this.#answers.refuse(pending, problem('outcome-unknown', { retryAfterMs }));
    }
  }

  /** Folds what the leader has beyond the confirmed state. Undefined if nobody waits any more. */
  async #catchUp(confirmed: Confirmed): Promise<true | undefined> {
    const mark = this.#arrivals;
    const read = await this.#untilReadable(async (): Promise<true> => {
      for await (const stored of this.#host.log.read(this.ref, confirmed.link.seq)) {
        foldCommit(confirmed, this.decider, this.#host.ws, this.ref, stored);
        // What expected an older head can never land now.
        this.#answers.limbo.headAt(stored.seq);
      }
      return true;
    });
    if (read) this.#confirmedThrough = mark;
    return read;
  }

  async #load(): Promise<Confirmed | undefined> {
    const mark = this.#arrivals;
    const loaded = await this.#untilReadable(() => this.#host.admitLoad(() => loadAggregate(this.#host, this.ref, this.decider)));
    if (!loaded) return undefined;
    this.#answers.epoch = loaded.epoch;
    this.#answers.limbo.headAt(loaded.confirmed.link.seq);
    this.#confirmedThrough = mark;
    return loaded.confirmed;
  }

  /** Repeats a reading until it succeeds. Undefined, and the state forgotten, once nobody waits for it. */
  async #untilReadable<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await read();
        } catch (error) {
          if (!(error instanceof LogUnavailable)) throw error;
        }
        this.#unreadable = true;
        this.sweep(this.#host.nowMs());
        if (this.#queue.length === 0 && (this.#turn?.entries ?? []).every(({ settled }) => settled)) {
          this.#confirmed = undefined;
          return undefined;
        }
        await pause(Math.min(readRetryMs * 2 ** attempt, readRetryMsMax));
      }
    } finally {
      this.#unreadable = false;
    }
  }

  /** The log cannot be folded: nothing is decided, the state is forgotten, and for a moment newcomers are told at once. */
  #fail(error: unknown): void {
    this.#answerStored();
    const newer = error instanceof UnknownEvent;
    this.#alarm(newer ? 'newer-event' : 'broken-log', textOf(error));
    const because = newer ? problem('newer-event', { detail: error.message, retryAfterMs: brokenMs }) : problem('internal');
    const waiting = this.#queue;
    this.#queue = [];
    for (const pending of waiting) if (!pending.settled && !this.#answers.fromLog(pending, this.#confirmed)) this.#answers.refuse(pending, because);
    this.#confirmed = undefined;
    this.#broken = { problem: because, untilMs: this.#host.nowMs() + brokenMs };
  }

  /** Slow aggregates wait so long after their last commit, and what comes meanwhile shares the next one. */
  async #awaitSlot({ link }: Confirmed): Promise<void> {
    this.#answerStored();
    const waitMs = link.n === 0 ? 0 : Date.parse(link.at) + this.#minCommitIntervalMs - this.#host.nowMs();
    if (waitMs <= 0 || this.#hurried) return;
    await new Promise<void>((resolve) => {
      // Timers count whole milliseconds and may end within the one before.
      const timer = setTimeout(resolve, Math.min(waitMs, this.#minCommitIntervalMs) + 1);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  /** Returns true, having answered. */
  #expire(pending: Pending): true {
    // Its append may have been told lost and found again by reading: then the log has the answer, however late.
    if (this.#answers.fromLog(pending, this.#confirmed)) return true;
    const inAppend = this.#appending && pending.verdict === 'events' && this.#turn?.entries.includes(pending);
    this.#answers.refuse(pending, problem(inAppend ? 'outcome-unknown' : this.#unreadable ? 'unavailable' : 'timeout', { retryAfterMs }));
    return true;
  }

  #alarm(alarm: Alarm['alarm'], detail: string): void {
    this.#host.observer.alarm?.({ alarm, aggregate: this.ref, detail });
  }
}

function headersOf({ hasVisibilityEvent, traceparent }: Turn): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  if (hasVisibilityEvent) headers[controlHeader] = '1';
  if (traceparent !== undefined) headers[traceparentHeader] = traceparent;
  return headers;
}

const textOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
