import { describe, expect, test } from 'vitest';
import type { AggregateRef, Commit } from '@parley/contracts/envelope/commit';
import { encodeCommit, hashOf } from '@parley/kernel/event-store/commit-codec';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import { foldCommits } from '@parley/kernel/event-store/fold';
import { createMemorySnapshots, decodeSnapshot, encodeSnapshot } from '@parley/kernel/event-store/snapshots';
import { alice, audit, bench, codeOf, newId, newRoom, toy, ws } from './toy.ts';

const hour = 60 * 60 * 1_000;

/** What lies in the log already: time, newer releases, damage, snapshots. */
export function historyContract(log: () => EventLog): void {
  describe('a log', () => {
    test('in which time never runs backwards, though clocks do', async () => {
      const ahead = bench(log(), { clock: () => Date.now() + hour });
      const far = { deadline: Date.now() + 2 * hour };
      expect(codeOf(await ahead.send({ do: 'add' }, far))).toBe('ok');
      const behind = bench(log(), { room: ahead.room });
      expect(codeOf(await behind.send({ do: 'add' }))).toBe('ok');
      expect(behind.alarms.map(({ alarm }) => alarm)).toContain('clock-behind-log');
      const near = bench(log(), { clock: () => Date.now() + hour - 2_000, room: ahead.room });
      expect(codeOf(await near.send({ do: 'add' }, far))).toBe('ok');
      expect(near.alarms).toEqual([]);
      const { commits } = await audit(log(), ahead.room);
      expect(commits.map(({ at }) => at)).toEqual(commits.map(({ at }) => at).toSorted());
      expect(commits[1]?.at).toBe(commits[0]?.at);
    });

    test.each([
      ['an unknown version', { type: 'counter.incremented', v: 99 }, 1],
      ['an unknown type', { type: 'room.frozen', v: 1 }, 1],
      ['a newer envelope', { type: 'counter.incremented', v: 1 }, 2],
    ])('with %s is left alone by this release', async (_, event, version) => {
      const { send, room, alarms } = bench(log());
      await send({ do: 'add' });
      await rawAppend(log(), room, { v: version as 1, events: [{ ...event, commandId: newId(), by: alice, data: { value: 2, userId: alice } }] });
      const id = newId();
      expect(codeOf(await send({ do: 'add' }, { id }))).toBe('newer-event');
      expect(codeOf(await send({ do: 'reach', to: 1 }))).toBe('newer-event');
      expect(codeOf(await bench(log(), { room }).send({ do: 'add' }, { id }))).toBe('newer-event');
      expect(alarms.map(({ alarm }) => alarm)).toContain('newer-event');
      expect(await log().lastSeq(room)).toBe(await newestSeq(log(), room));
      const stored: string[] = [];
      for await (const { bytes } of log().read(room, 0)) stored.push(Buffer.from(bytes).toString());
      expect(stored.join('')).not.toContain(id);
    });

    test.each([
      ['a wrong hash', { prev: hashOf(Buffer.from('something else')) }],
      ['a gap in its numbers', { n: 3 }],
      ['another workspace', { ws: 'other' }],
      ['another aggregate', { id: 'other' }],
    ])('with %s is never decided on', async (_, damage) => {
      const room = newRoom();
      await bench(log(), { room }).send({ do: 'add' });
      await rawAppend(log(), room, damage);
      const { send, alarms } = bench(log(), { room });
      expect(codeOf(await send({ do: 'add' }))).toBe('internal');
      expect(alarms.map(({ alarm }) => alarm)).toEqual(['broken-log']);
      const { problem } = await foldCommits(toy, ws, room, log().read(room, 0));
      expect(problem?.kind).toBe('broken-chain');
    });

    test('with bytes that are no commit is never decided on', async () => {
      const room = newRoom();
      await log().append(room, 0, Buffer.from('{"v":1}'), {});
      expect(codeOf(await bench(log(), { room }).send({ do: 'add' }))).toBe('internal');
    });

    test('is folded on from a snapshot, the same as from its beginning', async () => {
      const snapshots = createMemorySnapshots();
      const first = bench(log(), { snapshots });
      const id = newId();
      for (let round = 0; round < 11; round += 1) await first.send({ do: 'add', times: 100 }, round === 0 ? { id } : {});
      await first.engine.shutdown();
      expect(snapshots.objects.size).toBe(1);
      const loads: { events: number; fromSnapshot: boolean }[] = [];
      const observer = { loaded: (_: string, _ms: number, events: number, fromSnapshot: boolean) => loads.push({ events, fromSnapshot }) };
      const next = bench(log(), { snapshots, room: first.room, observer });
      expect(await next.send({ do: 'add' })).toMatchObject({ ok: true, n: 1_101 });
      expect(codeOf(await next.send({ do: 'add', times: 100 }, { id }))).toBe('repeated');
      expect(loads[0]).toMatchObject({ fromSnapshot: true });
      expect(loads[0]?.events).toBeLessThan(200);
      await snapshotsEqualReplay(log(), first.room, snapshots.objects);
    });

    test('is read whole when its snapshot is damaged, of another epoch, or does not fit', async () => {
      const { room } = await filled(log());
      const epoch = await log().epoch(room);
      const key = `room/${room.id}/1/${epoch}`;
      const { confirmed } = await foldCommits(toy, ws, room, log().read(room, 0));
      const right = { aggregate: room, stateVersion: 1, epoch };
      const lie = { ...confirmed, state: { count: 7, members: new Set() } };
      const bad: [string, Uint8Array][] = [
        [key, Buffer.from('not a snapshot')],
        [key, (await encodeSnapshot(right, confirmed)).subarray(0, 60)],
        [key, await encodeSnapshot({ ...right, epoch: 'otherone' }, lie)],
        [key, await encodeSnapshot({ ...right, stateVersion: 2 }, lie)],
        [key, await encodeSnapshot(right, { ...lie, link: { ...confirmed.link, prev: 'x' } })],
        [key, await encodeSnapshot(right, { ...lie, link: { ...confirmed.link, seq: confirmed.link.seq + 1_000 } })],
      ];
      for (const [name, bytes] of bad) {
        const snapshots = createMemorySnapshots();
        snapshots.objects.set(name, bytes);
        expect(await bench(log(), { snapshots, room }).view()).toMatchObject({ ok: true, state: { count: 70 } });
      }
    });

    test('is brought into memory again after it had to leave', async () => {
      const { engine, room, send } = bench(log(), { aggregatesMax: 2, snapshots: createMemorySnapshots() });
      await send({ do: 'add', times: 80 });
      for (let index = 0; index < 5; index += 1) expect((await engine.load(newRoom())).ok).toBe(true);
      expect(engine.loaded).toBeLessThanOrEqual(2);
      expect(await send({ do: 'add' })).toMatchObject({ ok: true, n: 81 });
      await audit(log(), room);
    });
  });
}

async function filled(log: EventLog) {
  const made = bench(log);
  await made.send({ do: 'add', times: 70 });
  return made;
}

/** Appends a commit behind everybody's back; what is not given is right. */
async function rawAppend(log: EventLog, room: AggregateRef, part: Partial<Commit>): Promise<void> {
  const { commits } = await audit(log, room);
  const last = commits.at(-1);
  const stored = last && (await log.readAt(room, last.seq));
  const event = { type: 'counter.incremented', v: 1, commandId: newId(), by: alice, data: { value: 2, userId: alice } };
  const commit: Commit = { v: 1, ws, kind: 'room', id: room.id, n: 2, prev: stored ? hashOf(stored.bytes) : '', at: last?.at ?? '', events: [event], ...part };
  const bytes = Buffer.from(Buffer.from(encodeCommit(commit)).toString().replace('{"v":1', `{"v":${commit.v}`));
  const { outcome } = await log.append(room, last?.seq ?? 0, bytes, {});
  if (outcome !== 'stored') throw new Error(outcome);
}

async function newestSeq(log: EventLog, room: AggregateRef): Promise<number> {
  let seq = 0;
  for await (const commit of log.read(room, 0)) ({ seq } = commit);
  return seq;
}

async function snapshotsEqualReplay(log: EventLog, room: AggregateRef, objects: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const epoch = await log.epoch(room);
  const snapshot = await decodeSnapshot({ aggregate: room, stateVersion: 1, epoch }, objects.get(`room/${room.id}/1/${epoch}`) ?? Buffer.alloc(0));
  if (!snapshot) throw new Error('there is no snapshot');
  const until: Parameters<typeof foldCommits>[3] = (async function* () {
    for await (const commit of log.read(room, 0)) if (commit.seq <= snapshot.link.seq) yield commit;
  })();
  expect(snapshot.stateHash).toBe((await foldCommits(toy, ws, room, until)).stateHash);
}
