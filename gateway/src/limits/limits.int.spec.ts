import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Redis, startRedis } from '@parley/dev/servers/redis';
import { until } from '@parley/dev/until';
import { type Budgets, openBudgets } from '@parley/kernel/stores/budgets';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Limit, Limits } from './limits.ts';

let dir: string;
let redis: Redis;
const budgets: Budgets[] = [];
const gateways: Limits[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-limits-'));
  redis = await startRedis({ dir });
  for (const name of ['one', 'two']) {
    const opened = openBudgets({ url: redis.url });
    await until('redis', async () => (await opened.members('probe', name)) !== undefined);
    budgets.push(opened);
    gateways.push(new Limits(opened, name));
  }
});
afterAll(async () => {
  for (const limits of gateways) limits.stop();
  for (const opened of budgets) await opened[Symbol.asyncDispose]();
  await redis.stop();
  await rm(dir, { recursive: true, force: true });
});

const rule = { perSecond: 100, burst: 100 };
/** Takes as much as each limit gives for `ms`; returns how many passed. */
async function greedy(limits: readonly Limit[], key: string, ms: number): Promise<number> {
  let passed = 0;
  for (const end = performance.now() + ms; performance.now() < end; await pause(2)) {
    for (const limit of limits) while (limit.take(key) === 0) passed += 1;
  }
  return passed;
}

describe('two gateways', () => {
  test('grant one person together what one of them would', async () => {
    const both = gateways.map((limits) => limits.of({ name: 'shared', ...rule }));
    // What both grant at once before they have heard of each other is debt, and is waited off.
    const [first, then] = [await greedy(both, 'ann', 3_000), await greedy(both, 'ann', 3_000)];
    console.log(`in two times 3 s at 100 a second, two gateways let ${first} and ${then} pass`);
    expect(first + then).toBeLessThan(1.15 * (rule.burst + 6 * rule.perSecond));
    expect(first + then).toBeGreaterThan(0.6 * 6 * rule.perSecond);
    expect(await greedy([both[1]!], 'bob', 100)).toBeGreaterThanOrEqual(rule.burst);
  });
  test('know nothing of each other without Redis', () => {
    const alone = new Limits(undefined, 'alone').of({ name: 'shared', perSecond: 1, burst: 100 });
    for (let index = 0; index < 100; index += 1) expect(alone.take('ann')).toBe(0);
    expect(alone.take('ann')).toBeGreaterThan(0);
  });
});

test('while Redis hangs or is gone each grants its half, and nothing waits for it', async () => {
  const both = gateways.map((limits) => limits.of({ name: 'apart', ...rule }));
  await until('both to be counted', async () => (await budgets[0]!.members('gateways', 'one')) === 2);
  // Counted by each of them, not only by us.
  await pause(2_100);
  await redis.kill('SIGSTOP');
  await until('both to be alone', () => gateways.every(({ share }) => share === 0.5));
  const begun = performance.now();
  const passed = await greedy(both, 'ann', 2_000);
  expect(performance.now() - begun).toBeLessThan(2_300);
  expect(passed).toBeLessThan(1.25 * (rule.burst + 2 * rule.perSecond));
  expect(passed).toBeGreaterThan(rule.burst);
  await redis.kill('SIGKILL');
  await redis.restart();
  await until('both to share again', () => gateways.every(({ share }) => share === 1));
  expect(await greedy(both, 'ann', 2_000)).toBeLessThan(2.3 * rule.burst + 2 * rule.perSecond);
});
