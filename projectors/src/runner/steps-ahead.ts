import { setImmediate } from 'node:timers/promises';
import type { Step } from './prepare.ts';

/** So many events are prepared ahead, and handed out together. */
const eventsMax = 2_000;
const yieldEvents = 256;

const eventsOf = (step: Step): number => (step.what === 'apply' ? step.commits.reduce((sum, { events }) => sum + events.length, 0) : 0);

/**
 * Prepares steps while others are applied, and hands out all batches that are ready as one: a lane that waits for its
 * turn then goes with everything that came meanwhile. What is no batch comes alone, and nothing is prepared behind it
 * before it was taken. Ends with `stop`.
 */
export class StepsAhead {
  readonly #steps: AsyncGenerator<Step>;
  readonly #preparing: Promise<void>;
  #ready: { readonly step: Step; readonly events: number }[] = [];
  #events = 0;
  #isOver = false;
  #isStopped = false;
  #failure: { readonly error: unknown } | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(steps: AsyncGenerator<Step>) {
    this.#steps = steps;
    this.#preparing = this.#prepare();
  }

  /** Events of the batches that are ready. */
  get events(): number {
    return this.#events;
  }

  /** Resolves when `take` has an answer. */
  async ready(): Promise<void> {
    while (this.#ready.length === 0 && !this.#isOver) await this.#changed.promise;
  }

  /** What is ready; undefined at the end. Throws what preparing threw once all before it was taken. */
  take(): Step | undefined {
    const [first] = this.#ready;
    if (!first) {
      if (this.#failure) throw this.#failure.error;
      return undefined;
    }
    const taken = this.#ready.splice(0, this.#countTogether());
    this.#events -= taken.reduce((sum, { events }) => sum + events, 0);
    this.#change();
    const batches = taken.flatMap(({ step }) => (step.what === 'apply' ? [step] : []));
    return batches.length < 2 ? first.step : { ...batches.at(-1)!, commits: batches.flatMap(({ commits }) => commits) };
  }

  /** Batches from the first on until one is none, or they would be too many events; at least one step. */
  #countTogether(): number {
    let events = 0;
    const end = this.#ready.findIndex(({ step, events: more }, at) => {
      const isApart = step.what !== 'apply' || events + more > eventsMax;
      events += more;
      return at > 0 && (isApart || this.#ready[0]!.step.what !== 'apply');
    });
    return end < 0 ? this.#ready.length : end;
  }

  async #prepare(): Promise<void> {
    try {
      for await (const step of this.#steps) {
        const events = eventsOf(step);
        this.#ready.push({ step, events });
        this.#events += events;
        this.#change();
        // Catching up: what is ready goes out before the next is prepared.
        if (events >= yieldEvents) await setImmediate();
        while (!this.#isStopped && this.#isEnough()) await this.#changed.promise;
        if (this.#isStopped) break;
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#isOver = true;
    this.#change();
  }

  #isEnough(): boolean {
    const last = this.#ready.at(-1)?.step.what ?? 'apply';
    return this.#events >= eventsMax || last !== 'apply';
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Resolves when nothing is prepared any more; whoever made the steps has them end. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#change();
    await this.#steps.return(undefined).catch(() => {});
    await this.#preparing;
  }
}
