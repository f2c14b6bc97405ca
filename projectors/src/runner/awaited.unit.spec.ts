import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Awaited } from './awaited.ts';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

test('says whether it came in time, and then what came', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const awaited = new Awaited(promise);
  const late = awaited.within(100);
  await vi.advanceTimersByTimeAsync(100);
  expect(await late).toBe(false);
  const inTime = awaited.within(100);
  resolve('here');
  expect([await inTime, await awaited.value, await awaited.within(0), vi.getTimerCount()]).toEqual([true, 'here', true, 0]);
});

test('what failed has come as well, and says why', async () => {
  const { promise, reject } = Promise.withResolvers<string>();
  const awaited = new Awaited(promise);
  const within = awaited.within(undefined);
  reject(new Error('away'));
  expect(await within).toBe(true);
  await expect(awaited.value).rejects.toThrow('away');
});

test('nobody need hear of a failure', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const awaited = new Awaited(Promise.reject(new Error('away')));
  await vi.advanceTimersByTimeAsync(1);
  process.off('unhandledRejection', unhandled);
  expect([await awaited.within(1), unhandled.mock.calls.length]).toEqual([true, 0]);
});

test('waiting again and again leaves nothing at what does not come', async () => {
  const value = new Promise<string>(() => {});
  const then = vi.spyOn(value, 'then');
  const awaited = new Awaited(value);
  for (let turn = 0; turn < 100; turn += 1) {
    const within = awaited.within(10);
    await vi.advanceTimersByTimeAsync(10);
    expect(await within).toBe(false);
  }
  expect([then.mock.calls.length, vi.getTimerCount()]).toEqual([1, 0]);
});
