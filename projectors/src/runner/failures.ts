/** Another worker moved the checkpoint: this one knows nothing any more and begins again from what is stored. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
  constructor(projection: string, stream: string, seq: number) {
    super(`${projection} on ${stream} is not at ${seq} any more`);
  }
}

/** The worker must not go on and cannot help itself: somebody has to deploy, rebuild or look. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** A commit that can never be applied by this build as it is: its aggregate is set aside. `reason` is a short code. */
export class Poison extends Error {
  override readonly name = 'Poison';
  readonly reason: string;
  constructor(reason: string, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.reason = reason;
  }
}

/**
 * What to do about an error while a batch is applied.
 * `retry`: the same batch may succeed later (connection, conflict, resources, shutdown, or a wrong deployment).
 * `park`: it fails whenever it is tried. `fenced`, `stop`: see the classes above.
 */
export type Verdict = 'retry' | 'park' | 'fenced' | 'stop';

// 22 data exception, 23 integrity constraint violation: a function of the data alone.
const DETERMINISTIC = /^(22|23)/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

export function judge(error: unknown): Verdict {
  if (error instanceof Fenced) return 'fenced';
  if (error instanceof Stopped) return 'stop';
  if (error instanceof Poison) return 'park';
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string') return SQLSTATE.test(code) && DETERMINISTIC.test(code) ? 'park' : 'retry';
  // An exception of the fold itself: the same commit would raise it again.
  if (error instanceof TypeError || error instanceof RangeError) return 'park';
  return 'retry';
}

/**
 * The same for several commits that were written together: `park` also when all that is known is that the transaction was
 * over (25P02), as after a failed COPY. Halving tells more; a single commit is never copied.
 */
export function judgeMany(error: unknown): Verdict {
  return (error as { code?: unknown } | null)?.code === '25P02' ? 'park' : judge(error);
}

/** Short code and detail under which an aggregate is parked. */
export function reasonOf(error: unknown): { readonly reason: string; readonly detail: string } {
  if (error instanceof Poison) return { reason: error.reason, detail: error.message };
  const code = (error as { code?: unknown } | null)?.code;
  // A constraint's detail repeats the row; the message alone never holds what people wrote.
  const detail = error instanceof Error ? error.message : String(error);
  return { reason: typeof code === 'string' ? `sql-${code}` : 'fold-failed', detail: detail.slice(0, 500) };
}

/** Waiting times of endless retries: 50 ms doubling to 5 s. */
export function backoffMs(attempt: number): number {
  return Math.min(5_000, 50 * 2 ** Math.min(attempt, 7));
}

/** Resolves after `ms` milliseconds, or at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
