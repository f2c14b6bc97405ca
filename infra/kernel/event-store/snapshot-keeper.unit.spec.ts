import { describe, expect, test } from 'vitest';
import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { firstLink } from './chain.ts';
import type { Confirmed } from './confirmed.ts';
import { createGate } from './gate.ts';
import { createMemoryLog } from './memory-log.ts';
import type { Alarm } from './observer.ts';
import { RememberedCommands } from './remembered-commands.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';
import { createMemorySnapshots, decodeSnapshot, type SnapshotBucket } from './snapshots.ts';

const aggregate: AggregateRef = { kind: 'room', id: 'r1' };
const key = { aggregate, stateVersion: 1, epoch: 'memory00' };
const at = (n: number): Confirmed => ({ state: { n }, link: { ...firstLink, n, seq: n }, remembered: new RememberedCommands() });

function keeping(bucket: SnapshotBucket & { objects?: Map<string, Uint8Array> } = createMemorySnapshots()) {
  let nowMs = 0;
  const alarms: Alarm[] = [];
  const keeper = new SnapshotKeeper(bucket, createMemoryLog(), { alarm: (alarm) => alarms.push(alarm) }, () => nowMs);
  const written = async () => {
    await keeper.settled();
    const bytes = bucket.objects?.get('room/r1/1/memory00');
    return bytes && (await decodeSnapshot(key, bytes))?.link.n;
  };
  return { keeper, alarms, written, pass: (ms: number) => { nowMs += ms; } };
}

describe('a snapshot is written', () => {
  test('after a thousand events, and then only if a minute has passed too', async () => {
    const { keeper, written, pass } = keeping();
    keeper.offer(key, at(999));
    expect(await written()).toBeUndefined();
    keeper.offer(key, at(1_000));
    expect(await written()).toBe(1_000);
    pass(59_999);
    keeper.offer(key, at(5_000));
    expect(await written()).toBe(1_000);
    pass(1);
    keeper.offer(key, at(1_999));
    expect(await written()).toBe(1_000);
    keeper.offer(key, at(5_000));
    expect(await written()).toBe(5_000);
  });

  test('when an aggregate leaves that would take a while to read again', async () => {
    const { keeper, written } = keeping();
    keeper.farewell(key, at(63));
    expect(await written()).toBeUndefined();
    keeper.farewell(key, at(64));
    expect(await written()).toBe(64);
  });

  test('of the state of that moment, whatever is folded while it is written', async () => {
    const { keeper, written } = keeping();
    const confirmed = at(1_000);
    keeper.offer(key, confirmed);
    confirmed.link = { ...confirmed.link, n: 1_001 };
    expect(await written()).toBe(1_000);
  });

  test('or not, which is an alarm and nothing worse', async () => {
    const broken: SnapshotBucket = { get: () => Promise.reject(new Error('gone')), put: () => Promise.reject(new Error('gone')), delete: () => Promise.reject(new Error('gone')) };
    const { keeper, alarms } = keeping(broken);
    keeper.offer(key, at(1_000));
    await keeper.settled();
    expect(await keeper.open(key)).toBeUndefined();
    expect(alarms.map(({ alarm }) => alarm)).toEqual(['snapshot-failed', 'snapshot-failed']);
  });
});

test('a gate lets few run at a time, in order, and goes on after a failure', async () => {
  const enter = createGate(2);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const tasks = Array.from({ length: 7 }, (_, index) =>
    enter(async () => {
      started.push(index);
      most = Math.max(most, (running += 1));
      await new Promise<void>((resolve) => { setImmediate(resolve); });
      running -= 1;
      if (index === 2) throw new Error('this one fails');
      return index;
    }));
  expect((await Promise.allSettled(tasks)).map(({ status }) => status === 'fulfilled')).toEqual([true, true, false, true, true, true, true]);
  expect({ started, most }).toEqual({ started: [0, 1, 2, 3, 4, 5, 6], most: 2 });
});
