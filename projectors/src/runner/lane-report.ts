import { latencyBoundariesMs, meter } from '@parley/kernel/telemetry/telemetry';

export type LaneState = 'standby' | 'running' | 'stopped';

const batchMs = meter().createHistogram('parley_projection_batch_ms', { description: 'Time to apply one batch in its transaction', advice: { explicitBucketBoundaries: [...latencyBoundariesMs] } });
const eventsTotal = meter().createCounter('parley_projection_events_total', { description: 'Events applied' });

/** A wait of this length is worth telling an orchestrator. */
const waitingToldAfterMs = 5_000;

/** What one worker says of itself: for health, metrics and the watch over the log. */
export class LaneReport {
  readonly projection: string;
  readonly generation: number;
  readonly stream: string;
  /** Whether queries read the rows, or they only stand by. */
  isRead: boolean;
  #state: LaneState = 'standby';
  #reason: string | undefined;
  #waitingFor: { readonly what: string; readonly sinceMs: number } | undefined;
  #seq = 0;
  #epoch = '';
  #parked = 0;
  #lastSeq = 0;
  /** Store time of the last commit applied, and when the lane was last seen at the stream's end; since 1970. */
  #storedAtMs = 0;
  #caughtUpAtMs = Date.now();

  constructor({ projection, generation, stream }: { readonly projection: { readonly name: string }; readonly generation: number; readonly stream: string }, isRead: boolean) {
    this.projection = projection.name;
    this.generation = generation;
    this.stream = stream;
    this.isRead = isRead;
  }

  standby(): void {
    this.#state = 'standby';
    this.#waitingFor = undefined;
  }
  running(seq: number, epoch: string, parked: number): void {
    this.#state = 'running';
    this.#reason = this.#waitingFor = undefined;
    this.#seq = seq;
    this.#epoch = epoch;
    this.#parked = parked;
  }
  stopped(reason: string): void {
    this.#state = 'stopped';
    this.#reason = reason;
    this.#waitingFor = undefined;
  }
  waiting(what: string | undefined): void {
    this.#waitingFor = what === undefined ? undefined : { what, sinceMs: this.#waitingFor?.sinceMs ?? Date.now() };
  }
  reached(seq: number, storedAtMs: number): void {
    this.#seq = seq;
    this.#storedAtMs = storedAtMs;
    if (seq >= this.#lastSeq) this.#caughtUpAtMs = Date.now();
  }
  applied(events: number, tookMs: number): void {
    batchMs.record(tookMs, { projection: this.projection });
    if (events > 0) eventsTotal.add(events, { projection: this.projection });
  }
  parked(count: number): void {
    this.#parked = count;
  }
  /** The stream's end as its leader knows it. */
  observed(lastSeq: number): void {
    this.#lastSeq = lastSeq;
    if (this.#seq >= lastSeq) this.#caughtUpAtMs = Date.now();
  }

  get state(): LaneState {
    return this.#state;
  }
  get place(): { readonly seq: number; readonly epoch: string } {
    return { seq: this.#seq, epoch: this.#epoch };
  }
  get parkedCount(): number {
    return this.#parked;
  }
  /** Messages of the stream that this lane has not reached. */
  get lagEvents(): number {
    return this.#state === 'standby' ? 0 : Math.max(0, this.#lastSeq - this.#seq);
  }
  /** For how long there has been something to apply. */
  get lagSeconds(): number {
    return this.lagEvents === 0 ? 0 : Math.max(0, Date.now() - Math.max(this.#caughtUpAtMs, this.#storedAtMs)) / 1_000;
  }
  /** Why the process is not ready, as far as this lane goes. */
  get trouble(): string | undefined {
    const where = `${this.projection} on ${this.stream}`;
    if (this.#state === 'stopped') return `${where} stopped: ${this.#reason}`;
    if (this.#waitingFor && Date.now() - this.#waitingFor.sinceMs >= waitingToldAfterMs) return `${where} waits: ${this.#waitingFor.what}`;
    return undefined;
  }
}
