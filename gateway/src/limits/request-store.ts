import type { FastifyRateLimitOptions, FastifyRateLimitStore, FastifyRateLimitStoreCtor } from '@fastify/rate-limit';
import type { Limit, Limits } from './limits.ts';

type Rule = { readonly max?: unknown; readonly timeWindow?: unknown; readonly nameSpace?: string };

/** Has @fastify/rate-limit count in our limits: `max` at once, and again as many over each window; `nameSpace` names the limit. */
export function requestStore(limits: Limits): FastifyRateLimitStoreCtor {
  return class implements FastifyRateLimitStore {
    readonly #limit: Limit;
    readonly #burst: number;

    constructor(options: FastifyRateLimitOptions) {
      const { max, timeWindow, nameSpace = 'requests' } = options as Rule;
      if (typeof max !== 'number' || typeof timeWindow !== 'number') throw new TypeError('a limit is a number of requests in a number of milliseconds');
      this.#burst = max;
      this.#limit = limits.of({ name: nameSpace, perSecond: (max * 1_000) / timeWindow, burst: max });
    }

    incr(key: string, callback: (error: Error | null, result?: { current: number; ttl: number }) => void): void {
      const waitMs = this.#limit.take(key);
      callback(null, waitMs > 0 ? { current: this.#burst + 1, ttl: waitMs } : { current: Math.ceil(Math.min(this.#burst, this.#burst - this.#limit.left(key))), ttl: 0 });
    }

    child(options: Parameters<FastifyRateLimitStore['child']>[0]): FastifyRateLimitStore {
      return new (requestStore(limits))(options);
    }
  };
}
