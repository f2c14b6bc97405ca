import type { NatsConnection } from '@parley/kernel/nats/connect';
import { streamNames } from '@parley/contracts/wire/partition';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LagWatch, unheardMsMax } from './lag-watch.ts';

const tickMs = 1_000;
beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

/** A log that answers until it is silenced; a question that is not answered ends in its time-out. */
function fakeLog() {
  let isSilent = false;
  const answer = { json: () => ({ state: { last_seq: 0 }, config: { metadata: { epoch: 'e' } } }) };
  const request = (_subject: string, _body: string, { timeout }: { timeout: number }): Promise<unknown> =>
    new Promise((resolve, reject) => {
      // A little after the tick of that time, as timers go.
      if (isSilent) setTimeout(reject, timeout + 1, new Error('timeout'));
      else resolve(answer);
    });
  const status = async function* (): AsyncGenerator<never> {};
  return { nc: { request, status } as unknown as NatsConnection, silence: () => { isSilent = true; } };
}

test.each([0, 250, 500, 999])('a log that falls silent %i ms after a tick is told of within its bound and one tick', async (afterTickMs) => {
  const { nc, silence } = fakeLog();
  const troubles: (string | undefined)[] = [];
  const watch: LagWatch = new LagWatch(nc, { delivered: () => 0, epochs: streamNames.map(() => 'e') }, () => troubles.push(watch.trouble()));
  await vi.advanceTimersByTimeAsync(10 * tickMs + afterTickMs);
  expect(troubles.filter(Boolean)).toEqual([]);
  silence();
  await vi.advanceTimersByTimeAsync(unheardMsMax + tickMs);
  expect(troubles).toContain('the log does not answer');
  watch.stop();
});
