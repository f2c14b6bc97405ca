import { expect, test } from 'vitest';
import type { Placed } from '../log/merge-streams.ts';
import { paced } from './pace.ts';

const at = (storedAtMs: number): Placed => ({ stream: 'EVT_0', seq: storedAtMs, subject: '', bytes: new Uint8Array(), headers: undefined, storedAtMs });

async function play(times: readonly number[], speed: number | undefined, fromMs = 0, stopAfterSleeps = Infinity) {
  let now = 1_000;
  let sleeps = 0;
  const stopped = new AbortController();
  const played: [seq: number, afterMs: number][] = [];
  const batches = async function* one() {
    await Promise.resolve();
    yield times.map(at);
  };
  const sleep = (ms: number): Promise<void> => {
    now += ms;
    sleeps += 1;
    if (sleeps >= stopAfterSleeps) stopped.abort();
    return Promise.resolve();
  };
  for await (const group of paced(batches(), { speed, fromMs, signal: stopped.signal, nowMs: () => now, sleep })) for (const { seq } of group) played.push([seq, now - 1_000]);
  return played;
}

test('keeps the gaps, divided by the speed', async () => expect(await play([100, 100, 400, 1_000], 3)).toEqual([[100, 0], [100, 0], [400, 100], [1_000, 300]]));
test('goes as fast as it can without a speed', async () => expect(await play([100, 90_000], undefined)).toEqual([[100, 0], [90_000, 0]]));
test('hurries to where the pace begins', async () => expect(await play([100, 5_000, 9_000, 9_500], 1, 9_000)).toEqual([[100, 0], [5_000, 0], [9_000, 0], [9_500, 500]]));
test('stops in its sleep, and hands on nothing after', async () => expect(await play([0, 10, 20], 1, 0, 1)).toEqual([[0, 0]]));
