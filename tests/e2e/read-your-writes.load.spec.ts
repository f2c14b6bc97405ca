import { afterAll, beforeAll, expect, test } from 'vitest';
import { quantiles } from '../bench/measure.ts';
import { withoutLimits, writers, writeThenRead } from '../bench/load/write-then-read.ts';
import { Constellation } from '../harness/constellation.ts';

/** `parley bench read-your-writes` does 100,000. */
const pairs = 3_000;
let chat: Constellation;
beforeAll(async () => { chat = await Constellation.start({ env: withoutLimits }); }, 120_000);
afterAll(() => chat?.stop());

test(`${pairs.toLocaleString('en-US')} times a write is read back at once: with its cursor never stale, without it sometimes`, async () => {
  const all = await writers(chat, 8);
  const without = await writeThenRead(chat, all, 600, false);
  const { lied, late, readMs, pairMs, seconds } = await writeThenRead(chat, all, pairs, true);
  const [read, pair] = [quantiles(readMs), quantiles(pairMs)];
  console.log(`with after: ${lied} stale and ${late} late of ${pairs} (${Math.round(pairs / seconds)} pairs/s, read p50 ${read.p50.toFixed(1)} p99 ${read.p99.toFixed(1)} ms, pair p99 ${pair.p99.toFixed(1)} ms); without: ${((100 * without.lied) / without.pairs).toFixed(1)} % stale`);
  expect(lied).toBe(0);
  // Said to be old, after half a second's wait: what a machine without time for us may cause.
  expect(late).toBeLessThanOrEqual(pairs / 1_000);
  expect(without.lied).toBeGreaterThan(0);
}, 300_000);
