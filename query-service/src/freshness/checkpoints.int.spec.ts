import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cursorAt, encodeCursor } from '@parley/contracts/realtime/cursor';
import { openPostgres } from '@parley/kernel/stores/postgres';
import { addressWith } from '@parley/kernel/stores/postgres-address';
import { World } from '@parley/projectors/testing/world.spec';
import { Checkpoints } from './checkpoints.ts';
import { waitFor } from './freshness.ts';

let world: World;
beforeAll(async () => { world = await World.start(); }, 60_000);
afterAll(() => world?.[Symbol.asyncDispose]());

test('a log that was noted after this service began is known as soon as somebody asks with its cursor', async () => {
  await using checkpoints = new Checkpoints(world.sql);
  await checkpoints.firstRead();
  expect(checkpoints.epoch).toBe('none');
  await world.sql`insert into ops.log (epoch) values ('0000000000000001')`;
  const after = (epoch: string) => waitFor(checkpoints, encodeCursor(cursorAt(epoch, 0, 1)), []);
  expect(await Promise.all([after('0000000000000001'), after('0000000000000001')])).toEqual([{ stale: false, late: false }, { stale: false, late: false }]);
  expect(await after('0000000000000002')).toEqual({ stale: true, late: false });
});

test('a clock that is far from the database’s is told of, and a reading that fails says why', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 90_000 });
  try {
    await using checkpoints = new Checkpoints(world.sql);
    await checkpoints.firstRead();
    expect(checkpoints.clockTrouble()).toMatch(/^the clock is (?:9|8)\d{4} ms ahead of the database’s$/);
  } finally {
    vi.useRealTimers();
  }
  await using right = new Checkpoints(world.sql);
  await right.firstRead();
  expect([right.clockTrouble(), right.trouble()]).toEqual([undefined, undefined]);

  const nobody = openPostgres(addressWith(world.env['DATABASE_URL']!, { user: 'nobody', password: 'nothing' }), { max: 1, name: 'spec' });
  await using refused = new Checkpoints(nobody);
  await refused.firstRead();
  expect(refused.trouble()).toMatch(/^the read models cannot be read: password authentication failed/);
  await nobody.end({ timeout: 1 });
});
