import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Redis, startRedis } from '@parley/dev/servers/redis';
import { until } from '@parley/dev/until';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cache, openRedis } from './redis.ts';

let dir: string;
let server: Redis;
let cache: Cache;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-pf-redis-'));
  server = await startRedis({ dir });
  cache = openRedis({ url: server.url });
  await until('the cache to be reached', works);
});
afterAll(async () => {
  await cache[Symbol.asyncDispose]();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

let probes = 0;
async function works(): Promise<boolean> {
  const key = `probe:${(probes += 1)}`;
  await cache.set(key, probes, 10_000);
  return (await cache.get(key)) === probes;
}

describe('the cache', () => {
  test('gives back what was set, until its time is over', async () => {
    await cache.set('tail:lobby:7', { rows: [1, 'two', null] }, 60_000);
    await cache.set('short', 1, 50);
    expect(await cache.get('tail:lobby:7')).toEqual({ rows: [1, 'two', null] });
    expect(await cache.mget(['tail:lobby:7', 'none'])).toEqual([{ rows: [1, 'two', null] }, undefined]);
    await until('the short one to be gone', async () => (await cache.get('short')) === undefined);
    expect(await cache.mget([])).toEqual([]);
  });

  test('does not keep what is too large, what JSON cannot hold, or what is over already', async () => {
    await cache.set('large', 'x'.repeat(1_100_000), 60_000);
    await cache.set('nothing', undefined, 60_000);
    await cache.set('over', 1, 0);
    expect(await cache.mget(['large', 'nothing', 'over'])).toEqual([undefined, undefined, undefined]);
  });

  test('a server that hangs is a miss within 50 ms, and soon none at all; then it is used again', async () => {
    await server.kill('SIGSTOP');
    const times: number[] = [];
    for (let index = 0; index < 10; index += 1) {
      const since = performance.now();
      expect(await cache.get('tail:lobby:7')).toBeUndefined();
      times.push(performance.now() - since);
    }
    expect(Math.max(...times)).toBeLessThan(150);
    expect(Math.min(...times.slice(6))).toBeLessThan(5);
    await server.kill('SIGCONT');
    await until('the cache to be used again', works);
  });

  test('a server that died is a miss, and is used again after its restart', async () => {
    await server.kill('SIGKILL');
    expect(await cache.get('tail:lobby:7')).toBeUndefined();
    await cache.set('tail:lobby:7', 1, 60_000);
    expect(await cache.mget(['tail:lobby:7'])).toEqual([undefined]);
    await server.restart();
    await until('the cache to be used again', works);
  });

  test('without a server everything is a miss', async () => {
    for (const none of [openRedis(undefined), openRedis({ url: 'redis://127.0.0.1:1' })]) {
      await none.set('key', 1, 1_000);
      expect(await none.get('key')).toBeUndefined();
      expect(await none.mget(['key', 'other'])).toEqual([undefined, undefined]);
      await none[Symbol.asyncDispose]();
    }
  });
});
