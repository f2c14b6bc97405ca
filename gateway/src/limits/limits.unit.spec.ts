import type { Budgets } from '@parley/kernel/stores/budgets';
import { logger } from '@parley/kernel/telemetry/log';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Limits } from './limits.ts';

beforeEach(() => { vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] }); });
afterEach(() => { vi.useRealTimers(); });

test('a connection that is just being made is no trouble; one that cannot be had, or is lost, is told of once, and its end too', async () => {
  const log = logger('gateway');
  using warn = vi.spyOn(log, 'warn').mockReturnValue();
  using info = vi.spyOn(log, 'info').mockReturnValue();
  let isThere = false;
  const limits = new Limits({ members: async () => (isThere ? 2 : undefined), spend: async () => undefined } as unknown as Budgets, 'one');
  await vi.advanceTimersByTimeAsync(0);
  isThere = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect([warn.mock.calls.length, info.mock.calls.length]).toEqual([0, 0]);
  isThere = false;
  await vi.advanceTimersByTimeAsync(30_000);
  expect([warn.mock.calls.length, info.mock.calls.length]).toEqual([1, 0]);
  expect(limits.share).toBe(0.5);
  isThere = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect([warn.mock.calls.length, info.mock.calls.length]).toEqual([1, 1]);
  expect(limits.share).toBe(1);
  limits.stop();
});
