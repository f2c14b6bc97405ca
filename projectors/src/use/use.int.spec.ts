import { afterAll, beforeAll, expect, test } from 'vitest';
import { deliverySubject, emptyLatencyCounts } from '@parley/contracts/wire/stats';
import { until } from '@parley/dev/until';
import postgres from 'postgres';
import { World } from '../testing/world.spec.ts';
import { AnalystWatch } from './analyst-watch.ts';
import { DeliveryKeeper } from './delivery-keeper.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
}, 60_000);
afterAll(() => world?.[Symbol.asyncDispose]());

const minute = new Date(Date.now() - (Date.now() % 60_000)).toISOString();
const countsOf = (bucket: number, count: number): number[] => emptyLatencyCounts().map((_, index) => (index === bucket ? count : 0));
const tell = (gateway: string, counts: readonly number[]) => world.nc.publish(deliverySubject, JSON.stringify({ gateway, minute, counts }));

test('deliveries add up by minute and gateway, are heard once among several projectors, and rubbish is passed over', async () => {
  const keepers = [new DeliveryKeeper(world.nc, world.sql), new DeliveryKeeper(world.nc, world.sql)];
  for (const rubbish of ['', '{', '[]', JSON.stringify({ gateway: 'g', minute, counts: [1] }), JSON.stringify({ gateway: 'g', minute: 'now', counts: emptyLatencyCounts() }), 'x'.repeat(10_000)]) world.nc.publish(deliverySubject, rubbish);
  for (let round = 0; round < 10; round += 1) tell('a', countsOf(3, 10));
  tell('a', countsOf(16, 1));
  tell('b', countsOf(0, 5));
  await world.nc.flush();
  for (const keeper of keepers) await keeper[Symbol.asyncDispose]();
  expect(await world.sql`select gateway, frames, p50_ms, p99_ms from analytics.delivery_minutes order by gateway`).toEqual([
    { gateway: 'a', frames: 101, p50_ms: expect.closeTo(1.7575, 3), p99_ms: expect.closeTo(2.49985, 3) }, { gateway: 'b', frames: 5, p50_ms: 0.125, p99_ms: 0.2475 },
  ]);
});

test('a session of an analyst that works on and on is ended by whoever watches', async () => {
  await world.sql`select ops.create_analyst('ada', 'secret-of-ada')`;
  const url = new URL(world.servers.postgres.databaseUrl);
  Object.assign(url, { username: 'ada', password: 'secret-of-ada' });
  const ada = postgres(url.href, { max: 1, onnotice: () => {} });
  await ada`set statement_timeout = 0`;
  const begun = performance.now();
  // Writes nothing: the bound of temporary files must not be what ends it.
  const ended = ada`select count(*) from generate_series(1, 10000) a, generate_series(1, 10000) b, generate_series(1, 10000) c`.then(() => 'finished', (error: { code?: string }) => error.code);
  await using _watch = new AnalystWatch(world.sql, 1);
  expect(await ended).toMatch(/57P01|CONNECTION/);
  expect(performance.now() - begun).toBeLessThan(30_000);
  await until('the session to be gone', async () => (await world.sql`select 1 from pg_stat_activity where usename = 'ada'`).length === 0);
  await ada.end({ timeout: 1 });
}, 40_000);
