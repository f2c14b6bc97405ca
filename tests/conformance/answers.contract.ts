import { describe, expect, test } from 'vitest';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import { alice, audit, bench, bob, codeOf, gate, newId, newRoom, onAppends, waitFor } from './toy.ts';

const day = 24 * 60 * 60 * 1_000;

/** What may be told, and when. */
export function answersContract(log: () => EventLog): void {
  describe('an answer', () => {
    test('of refusal, no-op or repetition waits until what it rests on is stored', async () => {
      const stuck = gate();
      const { send, room } = bench(log(), { script: onAppends({ fault: 'slow', until: stuck.until }) });
      const id = newId();
      const told: string[] = [];
      const tell = (name: string, reply: ReturnType<typeof send>) => reply.then((answer) => told.push(`${name}: ${codeOf(answer)}`));
      const all = [
        tell('add', send({ do: 'add-below', max: 1 }, { id })), tell('full', send({ do: 'add-below', max: 1 })),
        tell('same', send({ do: 'add-below', max: 1 }, { id })), tell('no-op', send({ do: 'reach', to: 1 })),
      ];
      for (let turn = 0; turn < 50; turn += 1) await new Promise<void>((resolve) => { setImmediate(resolve); });
      expect(told).toEqual([]);
      stuck.open();
      await Promise.all(all);
      expect(told).toEqual(['add: ok', 'full: room-full', 'same: repeated', 'no-op: ok']);
      expect((await audit(log(), room)).state.count).toBe(1);
    });

    test('that rested on an append which failed is decided again', async () => {
      const { send, room } = bench(log(), { script: onAppends({ fault: 'storage-full' }) });
      const replies = await Promise.all([send({ do: 'add-below', max: 1 }), send({ do: 'add-below', max: 1 }), send({ do: 'add-below', max: 1 })]);
      expect(replies.map(codeOf)).toEqual(['storage-full', 'ok', 'room-full']);
      expect((await audit(log(), room)).state.count).toBe(1);
    });

    test('of an engine whose memory is stale is checked against the log first', async () => {
      const zombie = bench(log());
      const owner = bench(log(), { room: zombie.room });
      expect(codeOf(await zombie.send({ do: 'say', userId: bob }))).toBe('forbidden');
      expect(codeOf(await owner.send({ do: 'admit', userId: bob }))).toBe('ok');
      expect(codeOf(await zombie.send({ do: 'say', userId: bob }))).toBe('ok');
      expect(codeOf(await owner.send({ do: 'remove', userId: bob }))).toBe('ok');
      expect(codeOf(await zombie.send({ do: 'admit', userId: bob }))).toBe('ok');
      expect(codeOf(await owner.send({ do: 'admit', userId: bob }))).toBe('already-member');
      const view = await owner.view();
      expect(view.ok && view.n).toBe(4);
      await audit(log(), zombie.room);
    });

    test('to a command without events takes one leader read and no append', async () => {
      const { send, faults } = bench(log());
      const empty = await send({ do: 'reach', to: 0 });
      expect(empty).toMatchObject({ ok: true, n: 0, events: 0, position: { seq: 0 } });
      await send({ do: 'add' });
      const { append, lastSeq } = faults.calls;
      expect(await send({ do: 'reach', to: 1 })).toMatchObject({ ok: true, n: 1, events: 0 });
      expect(faults.calls).toMatchObject({ append, lastSeq: lastSeq + 1 });
    });

    test('is given once for a command sent twenty times at once, and again later by whoever is asked', async () => {
      const { send, room } = bench(log());
      const id = newId();
      const replies = await Promise.all(Array.from({ length: 20 }, () => send({ do: 'add', times: 3 }, { id, mac: 'm' })));
      const [first, ...others] = replies;
      expect(first).toMatchObject({ ok: true, n: 1, events: 3 });
      for (const other of others) expect(other).toEqual({ ...first, repeated: true });
      expect(await send({ do: 'add', times: 3 }, { id, mac: 'm' })).toEqual({ ...first, repeated: true });
      expect(await bench(log(), { room }).send({ do: 'add', times: 3 }, { id, mac: 'm' })).toEqual({ ...first, repeated: true });
      expect((await audit(log(), room)).events).toHaveLength(3);
    });

    test('is a refusal when an id comes back with another caller or another body', async () => {
      const { send, room } = bench(log());
      const id = newId();
      const other = { caller: { userId: bob as never, kind: 'user' as const } };
      const replies = await Promise.all([send({ do: 'add' }, { id, mac: 'm' }), send({ do: 'add' }, { id, mac: 'n' }), send({ do: 'add' }, { id, mac: 'm', ...other })]);
      expect(replies.map(codeOf)).toEqual(['ok', 'id-reused', 'id-reused']);
      expect(codeOf(await send({ do: 'add' }, { id }))).toBe('id-reused');
      expect(codeOf(await send({ do: 'add' }, { id, mac: 'm', ...other }))).toBe('id-reused');
      const { events } = await audit(log(), room);
      expect(events).toMatchObject([{ commandId: id, by: alice, mac: 'm' }]);
    });

    test('to an id from the future or from before what is remembered is a refusal, not a guess', async () => {
      let nowMs = Date.now();
      const clock = () => nowMs;
      const { send } = bench(log(), { clock });
      const far = { deadline: nowMs + 10 * day };
      expect(codeOf(await send({ do: 'add' }, { id: newId(nowMs + 121_000), ...far }))).toBe('id-in-future');
      expect(codeOf(await send({ do: 'add' }, { id: newId(nowMs + 119_000), ...far }))).toBe('ok');
      const id = newId(nowMs);
      expect(codeOf(await send({ do: 'add' }, { id, ...far }))).toBe('ok');
      nowMs += day + 60_000;
      expect(codeOf(await send({ do: 'add' }, { id, ...far }))).toBe('repeated');
      nowMs += 60_001;
      expect(codeOf(await send({ do: 'add' }, { id: newId(nowMs), ...far }))).toBe('ok');
      expect(codeOf(await send({ do: 'add' }, { id, ...far }))).toBe('id-too-old');
      expect(codeOf(await send({ do: 'add' }, { id: newId(nowMs - day), ...far }))).toBe('ok');
    });

    test('comes by the deadline: who still waits then is dropped whole, who is in flight is told that nobody knows', async () => {
      const stuck = gate();
      const { send, room, faults, appends } = bench(log(), { script: onAppends({ fault: 'slow', until: stuck.until }) });
      const ids = [newId(), newId(), newId()] as const;
      const first = send({ do: 'add' }, { id: ids[0], deadline: Date.now() + 300 });
      await waitFor(() => faults.calls.append === 1);
      const second = send({ do: 'add' }, { id: ids[1], deadline: Date.now() + 300 });
      const third = send({ do: 'add' }, { id: ids[2], deadline: Date.now() - 1 });
      expect([await first, await second, await third].map(codeOf)).toEqual(['outcome-unknown', 'timeout', 'timeout']);
      stuck.open();
      await waitFor(() => appends.length === 1);
      expect(codeOf(await send({ do: 'add' }, { id: ids[0] }))).toBe('repeated');
      expect(ids.map((await audit(log(), room)).timesOf)).toEqual([1, 0, 0]);
    });

    test('past the bound of waiting commands comes at once', async () => {
      const stuck = gate();
      const { send, engine, faults } = bench(log(), { queueMax: 3, script: onAppends({ fault: 'slow', until: stuck.until }) });
      const first = send({ do: 'add' });
      await waitFor(() => faults.calls.append === 1);
      const waiting = [send({ do: 'add' }), send({ do: 'add' }), send({ do: 'add' })];
      const refused = await send({ do: 'add' });
      expect(refused).toMatchObject({ ok: false, problem: { code: 'overloaded', status: 503 } });
      expect(refused.ok || refused.problem.retryAfterMs).toBeGreaterThan(0);
      stuck.open();
      expect((await Promise.all([first, ...waiting])).map(codeOf)).toEqual(['ok', 'ok', 'ok', 'ok']);
      const other = bench(log(), { queuedMax: 0 });
      expect(codeOf(await other.send({ do: 'add' }))).toBe('overloaded');
      expect(engine.queued).toBe(0);
    });

    test('comes before the end of the process, and after that there is one too', async () => {
      const { send, engine, room } = bench(log(), { minCommitIntervalMs: { room: 60_000 } });
      expect(codeOf(await send({ do: 'add' }))).toBe('ok');
      const waiting = [send({ do: 'add' }), send({ do: 'add' })];
      await engine.shutdown();
      expect((await Promise.all(waiting)).map(codeOf)).toEqual(['ok', 'ok']);
      expect(codeOf(await send({ do: 'add' }))).toBe('unavailable');
      expect((await audit(log(), room)).commits).toHaveLength(2);
    });

    test('about the state is what the leader has', async () => {
      const one = bench(log());
      const two = bench(log(), { room: one.room });
      expect(await one.view()).toMatchObject({ ok: true, n: 0 });
      await two.send({ do: 'add', times: 5 });
      const view = await one.view();
      expect(view).toMatchObject({ ok: true, n: 5, state: { count: 5 } });
      const seq = view.ok ? view.position.seq : 0;
      expect((await one.engine.readAt(one.room, seq))?.commit.events).toHaveLength(5);
      expect(await one.engine.readAt(newRoom(), seq)).toBeUndefined();
    });
  });
}
