import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Redis, startRedis } from '@parley/dev/servers/redis';
import { until } from '@parley/dev/until';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Budgets, openBudgets } from './budgets.ts';

let dir: string;
let server: Redis;
let budgets: Budgets;
let other: Budgets;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-budgets-'));
  server = await startRedis({ dir });
  budgets = openBudgets({ url: server.url });
  other = openBudgets({ url: server.url });
  for (const each of [budgets, other]) await until('redis', async () => (await each.members('probe', 'me')) !== undefined);
});
afterAll(async () => {
  await budgets[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});
const slow = { perSecond: 1, burst: 10 };

test('what one spends the other misses; debt is bounded by one burst, and waited off', async () => {
  expect(await budgets.spend([{ key: 'a', ...slow, spent: 4 }, { key: 'b', ...slow, spent: 1 }])).toEqual([expect.closeTo(6, 0), expect.closeTo(9, 0)]);
  expect((await other.spend([{ key: 'a', ...slow, spent: 7 }]))?.[0]).toBeCloseTo(-1, 0);
  expect((await budgets.spend([{ key: 'a', ...slow, spent: 1_000 }]))?.[0]).toBeCloseTo(-10, 0);
  const before = (await budgets.spend([{ key: 'a', ...slow, spent: 0 }]))?.[0] ?? Number.NaN;
  await pause(500);
  expect((await other.spend([{ key: 'a', ...slow, spent: 0 }]))?.[0]).toBeGreaterThan(before + 0.4);
  expect((await budgets.spend([{ key: 'quick', perSecond: 1_000, burst: 10, spent: 5 }]))?.[0]).toBeCloseTo(5, 1);
});

test('processes are counted while they say that they live', async () => {
  expect(await budgets.members('kind', 'one')).toBe(1);
  expect(await other.members('kind', 'two')).toBe(2);
  expect(await budgets.members('kind', 'one')).toBe(2);
});

test('a Redis that hangs or is gone is an answer within 50 ms, not an error', async () => {
  await server.kill('SIGSTOP');
  const begun = performance.now();
  expect(await budgets.spend([{ key: 'a', ...slow, spent: 1 }])).toBeUndefined();
  expect(performance.now() - begun).toBeLessThan(150);
  await server.kill('SIGCONT');
  await server.kill('SIGKILL');
  expect(await budgets.members('kind', 'one')).toBeUndefined();
  await server.restart();
  await until('redis', async () => (await budgets.spend([{ key: 'a', ...slow, spent: 0 }]))?.[0] === 10);
});
