import type { ChainableCommander, Redis } from 'ioredis';
import { connectRedis } from './redis.ts';
import type { RedisAddress } from './redis-settings.ts';

/** What was spent of one key's budget, which fills by `perSecond` up to `burst`. */
export type Spending = { readonly key: string; readonly perSecond: number; readonly burst: number; readonly spent: number };

/** Budgets that several processes spend from, kept in Redis by its own clock. Every call ends within 50 ms and none throws. */
export type Budgets = {
  /** Books what was spent, afterwards; returns what is left of each, negative for debt (at most one burst), or undefined when Redis cannot be asked. */
  spend(spendings: readonly Spending[]): Promise<readonly number[] | undefined>;
  /** Says that this process lives and returns how many of its kind do, or undefined. */
  members(kind: string, instance: string): Promise<number | undefined>;
  [Symbol.asyncDispose](): Promise<void>;
};

const prefix = 'parley:budget:';
const memberSeconds = 10;

// One number per key: the moment at which the budget is full again (GCRA). What is spent moves it on.
const spendScript = `
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local perSecond, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
full = math.min(full + tonumber(ARGV[3]) / perSecond, now + 2 * burst / perSecond)
redis.call('SET', KEYS[1], string.format('%.6f', full), 'PX', math.ceil((full - now) * 1000) + 1000)
return tostring(burst - (full - now) * perSecond)`;

const membersScript = `
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ${memberSeconds})
redis.call('EXPIRE', KEYS[1], ${memberSeconds * 6})
return redis.call('ZCARD', KEYS[1])`;

type Scripts = { readonly spend: (key: string, perSecond: number, burst: number, spent: number) => ChainableCommander; readonly members: (key: string, instance: string) => Promise<number> };

/** Opens budgets in a Redis, which need not be there yet. */
export function openBudgets(address: RedisAddress): Budgets {
  const { redis, attempt } = connectRedis(address, 'limits');
  redis.defineCommand('spend', { numberOfKeys: 1, lua: spendScript });
  redis.defineCommand('members', { numberOfKeys: 1, lua: membersScript });
  return {
    spend: (spendings) => attempt<readonly number[] | undefined>(() => spendAll(redis, spendings), undefined),
    members: (kind, instance) => attempt<number | undefined>(() => (redis as unknown as Scripts).members(`${prefix}${kind}`, instance), undefined),
    async [Symbol.asyncDispose]() {
      redis.disconnect();
    },
  };
}

async function spendAll(redis: Redis, spendings: readonly Spending[]): Promise<readonly number[]> {
  const pipeline = redis.pipeline();
  for (const { key, perSecond, burst, spent } of spendings) (pipeline as unknown as Scripts).spend(`${prefix}${key}`, perSecond, burst, spent);
  const results = (await pipeline.exec()) ?? [];
  return spendings.map((_, index) => {
    const [error, left] = results[index] ?? [new Error('no answer'), undefined];
    if (error) throw error;
    return Number(left);
  });
}
