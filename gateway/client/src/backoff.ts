const waitMsMin = 250;
const waitMsMax = 15_000;

/**
 * How long to wait before an attempt (1 is the first repetition): 250 ms doubled each time up to 15 s, of which half
 * is left to chance, so that ten thousand clients of a lost gateway do not come back in one wave.
 * Source: M. Brooker, "Exponential Backoff and Jitter", AWS 2015 ("equal jitter").
 */
export function waitMs(attempt: number, random: () => number): number {
  const full = Math.min(waitMsMax, waitMsMin * 2 ** Math.min(attempt - 1, 16));
  return Math.round(full / 2 + (full / 2) * random());
}

/** Resolves after `ms` milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
