import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { SearchDocument } from '@parley/kernel/search/document';
import { afterEach, expect, test, vi } from 'vitest';
import { LanePuts } from './lane-puts.ts';
import type { PutBatch } from './target.ts';

afterEach(() => { vi.useRealTimers(); });

const document = {} as SearchDocument;
const batch = (from: number, { live = true, documents = 1 } = {}): PutBatch => ({ stream: 'EVT_0', epoch: 'e', from, to: from + 1, documents: Array.from({ length: documents }, () => document), live });

/** Puts that end when they are told to. */
function slowly(lingerMs = 0) {
  const calls: { readonly from: number; readonly to: number; readonly documents: number; readonly end: () => void; readonly fail: (error: Error) => void }[] = [];
  const puts = new LanePuts(({ from, to, documents }) => new Promise((end, fail) => { calls.push({ from, to, documents: documents.length, end, fail }); }), lingerMs);
  return { puts, calls, turn: () => new Promise((resolve) => { setImmediate(resolve); }), shown: () => calls.map(({ from, to, documents }) => ({ from, to, documents })) };
}

test('one at a time and in order; what waited meanwhile goes together', async () => {
  const { puts, calls, turn, shown } = slowly();
  const put: number[] = [];
  for (const from of [1, 2, 3]) {
    await puts.add(batch(from), () => put.push(from));
    await turn();
  }
  expect(shown()).toEqual([{ from: 1, to: 2, documents: 1 }]);
  calls[0]!.end();
  await turn();
  expect([put, shown()[1]]).toEqual([[1], { from: 2, to: 4, documents: 2 }]);
  calls[1]!.end();
  await puts.idle();
  expect(put).toEqual([1, 2, 3]);
  await puts.add(batch(4), () => {});
  await turn();
  expect(shown()[2]).toEqual({ from: 4, to: 5, documents: 1 });
});

test('what was shown goes with its like only, and no call holds more than it should', async () => {
  const { puts, calls, turn, shown } = slowly();
  const adding = [batch(1), batch(2, { live: false }), batch(3, { live: false, documents: 1_500 }), batch(4, { live: false, documents: 2_000 })].map((each) => puts.add(each, () => {}));
  for (let at = 0; at < 3; at += 1) {
    await turn();
    calls[at]!.end();
  }
  await Promise.all(adding);
  await puts.idle();
  expect(shown()).toEqual([{ from: 1, to: 2, documents: 1 }, { from: 2, to: 4, documents: 1_501 }, { from: 4, to: 5, documents: 2_000 }]);
});

test('whoever adds waits while too much does', async () => {
  const { puts, calls, turn } = slowly();
  let added = false;
  await puts.add(batch(1, { documents: 1_500 }), () => {});
  await turn();
  await puts.add(batch(2, { documents: 1_500 }), () => {});
  const adding = puts.add(batch(3, { documents: 1_500 }), () => {}).then(() => { added = true; });
  await turn();
  expect(added).toBe(false);
  calls[0]!.end();
  await turn();
  calls[1]!.end();
  await adding;
});

test('after a failure nothing more is put, and everybody hears of it', async () => {
  const { puts, calls, turn, shown } = slowly();
  await puts.add(batch(1), () => { throw new Error('was not put'); });
  await turn();
  await puts.add(batch(2), () => {});
  calls[0]!.fail(new Error('away'));
  await expect(puts.idle()).rejects.toThrow('away');
  await expect(puts.orFailed(Promise.resolve())).rejects.toThrow('away');
  await turn();
  await expect(puts.idle()).rejects.toThrow('away');
  await expect(puts.add(batch(3), () => {})).rejects.toThrow('away');
  await turn();
  expect(shown()).toHaveLength(1);
});

test('stopping waits for what is under way and leaves the rest', async () => {
  const { puts, calls, turn, shown } = slowly();
  await puts.add(batch(1), () => {});
  await turn();
  await puts.add(batch(2), () => {});
  let stopped = false;
  const stopping = puts.stop().then(() => { stopped = true; });
  await turn();
  expect(stopped).toBe(false);
  calls[0]!.end();
  await stopping;
  expect(shown()).toHaveLength(1);
});

test('what was shown waits for more, unless somebody waits for it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { puts, calls, turn, shown } = slowly(200);
  await puts.add(batch(1), () => {});
  await turn();
  await puts.add(batch(2), () => {});
  await turn();
  expect(shown()).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(shown()).toEqual([{ from: 1, to: 3, documents: 2 }]);
  calls[0]!.end();
  await turn();
  await puts.add(batch(3), () => {});
  await turn();
  const idle = puts.idle();
  await turn();
  expect(shown()[1]).toEqual({ from: 3, to: 4, documents: 1 });
  calls[1]!.end();
  await idle;
});

test('what is no news waits a moment to be as many documents as one call should hold', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { puts, calls, turn, shown } = slowly();
  await puts.add(batch(1, { live: false }), () => {});
  await turn();
  await puts.add(batch(2, { live: false }), () => {});
  await turn();
  expect(shown()).toEqual([]);
  await vi.advanceTimersByTimeAsync(100);
  expect(shown()).toEqual([{ from: 1, to: 3, documents: 2 }]);
  calls[0]!.end();
  await turn();
  await puts.add(batch(3, { live: false, documents: 2_000 }), () => {});
  await turn();
  expect(shown()[1]).toEqual({ from: 3, to: 4, documents: 2_000 });
});

test('what was waited for together with a failure that does not come is let go', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { puts, turn } = slowly();
  const seen: WeakRef<object>[] = [];
  const wait = async (): Promise<void> => {
    const found = await puts.orFailed(Promise.resolve({ documents: [document] }));
    seen.push(new WeakRef(found));
  };
  for (let times = 0; times < 50; times += 1) await wait();
  for (let tries = 0; tries < 10 && seen.some((ref) => ref.deref() !== undefined); tries += 1) {
    await turn();
    collect();
  }
  expect(seen.filter((ref) => ref.deref() !== undefined)).toHaveLength(0);
  expect(puts).toBeInstanceOf(LanePuts);
});
