import { circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { Redis } from 'ioredis';
import { logger } from '../telemetry/log.ts';
import { type RedisAddress, redisTls } from './redis-settings.ts';

/**
 * A look-aside cache: what it forgets is read from the store, so every failure is a miss and nothing here throws.
 * Keys must contain the version of what they hold, because nothing is ever removed, it only becomes unreachable.
 */
export type Cache = {
  /** The value, or undefined for a miss. */
  get<T>(key: string): Promise<T | undefined>;
  /** The values in the order of the keys, undefined for each miss. */
  mget<T>(keys: readonly string[]): Promise<readonly (T | undefined)[]>;
  /** Keeps a value that JSON can hold for `ttlMs`, at most 5 min: erased words may live in here no longer. */
  set(key: string, value: unknown, ttlMs: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

const callMsMax = 50;
const ttlMsMax = 300_000;
const valueCharsMax = 1_000_000;
const failuresBeforeOpen = 5;
const openMs = 1_000;

/** A connection whose calls end within 50 ms, one way or the other. */
export type RedisCalls = {
  readonly redis: Redis;
  /** What `call` gives, or `miss` when it fails. After five failures in a row Redis is left alone for 1 s. */
  readonly attempt: <T>(call: () => Promise<T>, miss: T) => Promise<T>;
};

/** Connects to Redis in the background. The caller disconnects. */
export function connectRedis(address: RedisAddress, use: string): RedisCalls {
  const log = logger('redis').child({ use });
  const redis = new Redis(address.url, {
    ...redisTls(address),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: 1_000,
    commandTimeout: callMsMax,
    retryStrategy: (attempt: number) => Math.min(50 * 2 ** attempt, openMs),
  });
  redis.on('error', (error: Error) => log.debug({ err: error }, 'connection'));
  const breaker = circuitBreaker(handleAll, { halfOpenAfter: openMs, breaker: new ConsecutiveBreaker(failuresBeforeOpen) });
  breaker.onBreak(() => log.warn('Redis fails; going without it for a while'));
  breaker.onReset(() => log.info('Redis is back'));
  return {
    redis,
    attempt: async (call, miss) => {
      try {
        return await breaker.execute(call);
      } catch {
        return miss;
      }
    },
  };
}

/** Opens the cache; without an address there is none, and every read is a miss. */
export function openRedis(address: RedisAddress | undefined): Cache {
  if (address === undefined) return withoutRedis;
  const { redis, attempt } = connectRedis(address, 'cache');
  return {
    get: async <T>(key: string) => parse(await attempt(() => redis.get(key), null)) as T | undefined,
    mget: async <T>(keys: readonly string[]) => {
      if (keys.length === 0) return [];
      const texts = await attempt<readonly (string | null)[]>(() => redis.mget(...keys), []);
      return keys.map((_, index) => parse(texts[index] ?? null) as T | undefined);
    },
    async set(key, value, ttlMs) {
      const text = JSON.stringify(value);
      if (text === undefined || text.length > valueCharsMax || ttlMs < 1) return;
      await attempt<unknown>(() => redis.set(key, text, 'PX', Math.min(Math.floor(ttlMs), ttlMsMax)), undefined);
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect();
    },
  };
}

const withoutRedis: Cache = {
  get: async () => undefined,
  mget: async (keys) => keys.map(() => undefined),
  set: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

function parse(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
