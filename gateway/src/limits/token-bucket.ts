/** Lets `perSecond` through on average and `burst` at once. */
export class TokenBucket {
  #tokens: number;
  #atMs: number;

  constructor(burst: number, nowMs: number) {
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Milliseconds until the next one may pass; 0 when it passed now. `nowMs`: performance.now(). */
  take(perSecond: number, burst: number, nowMs: number): number {
    const tokens = this.left(perSecond, burst, nowMs);
    if (tokens >= 1) {
      this.#tokens = tokens - 1;
      return 0;
    }
    return ((1 - tokens) * 1_000) / perSecond;
  }

  /** How many may pass now; negative after more passed elsewhere than was allowed. */
  left(perSecond: number, burst: number, nowMs: number): number {
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#atMs) * perSecond) / 1_000);
    this.#atMs = nowMs;
    return this.#tokens;
  }

  /** No more than this are left: others spent from the same budget. */
  atMost(tokens: number): void {
    this.#tokens = Math.min(this.#tokens, tokens);
  }
}
