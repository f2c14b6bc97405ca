import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchVault } from './watch-vault.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('says why until the vault has answered once, and asks no more then', async () => {
  const ask = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new Error('nobody is there')).mockRejectedValueOnce(new Error('another key')).mockResolvedValue();
  const vault = watchVault(ask);
  expect(vault.reason()).toBe('the vault has not answered yet');
  await vault.firstTry;
  expect(vault.reason()).toBe('the vault cannot be used: nobody is there');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(vault.reason()).toBe('the vault cannot be used: another key');
  await vi.advanceTimersByTimeAsync(1_000);
  await vault.answered;
  expect(vault.reason()).toBeUndefined();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask).toHaveBeenCalledTimes(3);
});

test('asks no more once it is stopped', async () => {
  const ask = vi.fn<() => Promise<void>>().mockRejectedValue(new Error('nobody is there'));
  const vault = watchVault(ask);
  await vault.firstTry;
  vault.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask).toHaveBeenCalledTimes(1);
});
