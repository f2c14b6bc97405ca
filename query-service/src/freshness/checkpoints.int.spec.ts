import { afterAll, beforeAll, expect, test } from 'vitest';
import { cursorAt, encodeCursor } from '@parley/contracts/realtime/cursor';
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
