import type { PutBatch } from './target.ts';

const documentsWaitingMax = 2_000;
/** For so long what is no news waits to be as many documents as one call should hold. */
const fillLingerMs = 100;

type Waiting = { readonly batch: PutBatch; readonly onPut: (tookMs: number) => void };

/**
 * Puts the batches of one lane one after the other while later ones are read and shown; what waits goes together. After
 * the first failure nothing more is put: the lane begins again from where its index is.
 */
export class LanePuts {
  readonly #put: (batch: PutBatch) => Promise<void>;
  readonly #lingerMs: number;
  readonly #hearing = new Set<(error: unknown) => void>();
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #taken = Promise.withResolvers<void>();
  #hurry: () => void = () => {};

  /** `lingerMs`: what was shown already waits for more to go with it, because every call costs the index two requests. */
  constructor(put: (batch: PutBatch) => Promise<void>, lingerMs: number) {
    this.#put = put;
    this.#lingerMs = lingerMs;
  }

  /**
   * Settles as `work` does, or rejects as soon as a batch could not be put, even before. Leaves nothing behind: a
   * promise of the failure, which hardly ever comes, would keep all that was ever raced with it.
   */
  async orFailed<T>(work: Promise<T>): Promise<T> {
    if (this.#failure) throw this.#failure.error;
    return new Promise<T>((resolve, reject) => {
      this.#hearing.add(reject);
      work.then(resolve, reject).finally(() => this.#hearing.delete(reject));
    });
  }

  /** Resolves once few enough wait. `onPut` is called after the batch was put. Rejects when one before it could not be. */
  async add(batch: PutBatch, onPut: (tookMs: number) => void): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    this.#waiting.push({ batch, onPut });
    this.#running ??= this.#run();
    if (documentsOf(this.#waiting) >= documentsWaitingMax) this.#hurry();
    while (this.#waiting.length > 1 && documentsOf(this.#waiting) > documentsWaitingMax) await this.orFailed(this.#taken.promise);
  }

  /** Resolves when nothing is under way. Rejects when a batch could not be put. */
  async idle(): Promise<void> {
    this.#hurry();
    if (this.#running) await this.orFailed(this.#running);
  }

  /** Leaves what waits, and ends when what is under way has ended. */
  async stop(): Promise<void> {
    this.#waiting = [];
    this.#hurry();
    await this.#running;
  }

  async #linger(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#hurry = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #run(): Promise<void> {
    // In a turn of its own: what is added together goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const lingerMs = this.#waiting[0]!.batch.live ? this.#lingerMs : fillLingerMs;
      if (lingerMs > 0 && documentsOf(this.#waiting) < documentsWaitingMax) await this.#linger(lingerMs);
      if (this.#waiting.length === 0) break;
      const together = this.#waiting.splice(0, togetherCount(this.#waiting));
      this.#taken.resolve();
      this.#taken = Promise.withResolvers();
      const begun = performance.now();
      try {
        await this.#put(merged(together.map(({ batch }) => batch)));
      } catch (error) {
        this.#waiting = [];
        this.#failure = { error };
        for (const reject of this.#hearing) reject(error);
        return;
      }
      const tookMs = (performance.now() - begun) / together.length;
      for (const { onPut } of together) onPut(tookMs);
    }
    this.#running = undefined;
  }
}

const documentsOf = (waiting: readonly Waiting[]): number => waiting.reduce((sum, { batch }) => sum + batch.documents.length, 0);

/** At least one; more while they are of one kind and no more documents than one call should hold. */
function togetherCount(waiting: readonly Waiting[]): number {
  const [first] = waiting as readonly [Waiting];
  let documents = 0;
  const end = waiting.findIndex(({ batch }, at) => {
    documents += batch.documents.length;
    return at > 0 && (batch.live !== first.batch.live || documents > documentsWaitingMax);
  });
  return end < 0 ? waiting.length : end;
}

/** One batch from where the first begins to where the last ends. */
function merged(batches: readonly PutBatch[]): PutBatch {
  const [first] = batches as readonly [PutBatch];
  return batches.length === 1 ? first : { ...first, to: batches.at(-1)!.to, documents: batches.flatMap(({ documents }) => documents) };
}
