import { describe, expect, test } from 'vitest';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import { audit, type Bench, bench, codeOf, gate, newId, onAppends, persist, waitFor } from './toy.ts';

/** The three outcomes of an append, and every way they can be mistaken for one another. */
export function outcomesContract(log: () => EventLog): void {
  describe('an append', () => {
    test('takes along what came while the last one was in flight, numbered without a gap', async () => {
      const { send, room, appends } = bench(log());
      const replies = await Promise.all(Array.from({ length: 300 }, () => send({ do: 'add' })));
      expect(replies.map((reply) => reply.ok && reply.n)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
      expect(appends.length).toBeLessThan(10);
      const { events, commits } = await audit(log(), room);
      expect(events.map(({ n }) => n)).toEqual(replies.map((reply) => reply.ok && reply.n));
      for (const reply of replies) expect(commits.find(({ seq }) => reply.ok && seq === reply.position.seq)?.at).toBe(reply.ok && reply.at);
    });

    test('of two rival engines never overwrites the other’s', async () => {
      const one = bench(log());
      const two = bench(log(), { room: one.room });
      const ids = Array.from({ length: 120 }, () => newId());
      const replies = await Promise.all(ids.map(async (id, index) => {
        await new Promise<void>((resolve) => { setTimeout(resolve, index % 17); });
        return persist(() => (index % 2 ? one : two).send({ do: 'add' }, { id }));
      }));
      expect(new Set(replies.map((reply) => reply.ok && reply.n)).size).toBe(120);
      const { timesOf, state } = await audit(log(), one.room);
      expect(ids.map(timesOf)).toEqual(ids.map(() => 1));
      expect(state.count).toBe(120);
    });

    test('whose acknowledgement is lost is found in the log, and commands that came meanwhile are not lost with it', async () => {
      const stuck = gate();
      let appended = 0;
      const { send, room } = bench(log(), {
        script({ call }) {
          if (call === 'append') return (appended += 1) === 1 ? { fault: 'ack-lost' } : undefined;
          return call === 'read' && appended === 1 ? { fault: 'slow', until: stuck.until } : undefined;
        },
      });
      const ids = Array.from({ length: 12 }, () => newId());
      const first = ids.slice(0, 4).map((id) => send({ do: 'add' }, { id }));
      await waitFor(() => appended === 1);
      const later = ids.slice(4).map((id) => send({ do: 'add' }, { id }));
      stuck.open();
      const replies = await Promise.all([...first, ...later]);
      expect(replies.map(codeOf)).toEqual(ids.map(() => 'ok'));
      const { timesOf, events } = await audit(log(), room);
      expect(ids.map(timesOf)).toEqual(ids.map(() => 1));
      for (const [index, reply] of replies.entries()) expect(events.find(({ n }) => reply.ok && n === reply.n)?.commandId).toBe(ids[index]);
    });

    test('that lands after its time-out lands once, before or after it is tried again', async () => {
      for (const afterMs of [0, 1, 3, 8, 20]) {
        const { send, room, faults } = bench(log(), { script: onAppends({ fault: 'lands-late', afterMs }) });
        const ids = [newId(), newId(), newId()];
        const replies = await Promise.all(ids.map((id) => persist(() => send({ do: 'add' }, { id }))));
        await faults.landLate();
        expect(replies.every(({ ok }) => ok)).toBe(true);
        expect(ids.map((await audit(log(), room)).timesOf)).toEqual([1, 1, 1]);
      }
    });

    test('that lands just before it is tried again with more commands does not swallow those', async () => {
      let appended = 0;
      const tried: Bench = bench(log(), {
        script({ call }) {
          if (call !== 'append') return undefined;
          appended += 1;
          if (appended === 1) return { fault: 'lands-late' };
          return appended === 2 ? { fault: 'slow', until: tried.faults.landLate() } : undefined;
        },
      });
      const ids = [newId(), newId(), newId()] as const;
      const first = [tried.send({ do: 'add' }, { id: ids[0] }), tried.send({ do: 'add' }, { id: ids[1] })];
      await waitFor(() => appended === 1);
      const replies = await Promise.all([...first, tried.send({ do: 'add' }, { id: ids[2] })]);
      expect(replies.map((reply) => reply.ok && reply.n)).toEqual([1, 2, 3]);
      expect(ids.map((await audit(log(), tried.room)).timesOf)).toEqual([1, 1, 1]);
    });

    test('of unknown outcome is never called "not stored", however the next attempts end', async () => {
      for (const next of ['storage-full', 'rejected'] as const) {
        const { send, room, faults } = bench(log(), { script: onAppends({ fault: 'lands-late' }, { fault: next }) });
        const id = newId();
        expect(codeOf(await send({ do: 'add' }, { id }))).toBe('outcome-unknown');
        await faults.landLate();
        expect((await audit(log(), room)).timesOf(id)).toBe(1);
        expect(codeOf(await bench(log(), { room }).send({ do: 'add' }, { id }))).toBe('repeated');
      }
    });

    test('of unknown outcome may still land, so its commands are not refused though they now would be', async () => {
      let readable = false;
      const { send, room, faults } = bench(log(), {
        script({ call }) {
          if (call === 'append') return { fault: 'lands-late' };
          return readable || faults.calls.append === 0 ? undefined : { fault: 'unreadable' };
        },
      });
      const ids = [newId(), newId()] as const;
      // Both leave in one commit. The first is not waited for any more; without it the second would be refused.
      const first = send({ do: 'add' }, { id: ids[0], deadline: Date.now() + 150 });
      const second = send({ do: 'add-from', min: 1 }, { id: ids[1] });
      expect(codeOf(await first)).toBe('outcome-unknown');
      readable = true;
      expect(codeOf(await second)).toBe('outcome-unknown');
      expect(codeOf(await send({ do: 'add-from', min: 1 }, { id: ids[1] }))).toBe('outcome-unknown');
      expect(codeOf(await send({ do: 'add-from', min: 1 }))).toBe('forbidden');
      await faults.landLate();
      expect(ids.map((await audit(log(), room)).timesOf)).toEqual([1, 1]);
      expect(codeOf(await bench(log(), { room }).send({ do: 'add-from', min: 1 }, { id: ids[1] }))).toBe('repeated');
    });

    test('that meets another in flight is tried again, but not for ever', async () => {
      const conflict = { fault: 'in-flight-conflict' } as const;
      const few = bench(log(), { script: onAppends(conflict, conflict, conflict) });
      expect(codeOf(await few.send({ do: 'add' }))).toBe('ok');
      const many = bench(log(), { script: ({ call }) => (call === 'append' ? conflict : undefined) });
      expect(codeOf(await many.send({ do: 'add' }))).toBe('outcome-unknown');
      expect(many.faults.calls.append).toBe(6);
      expect((await audit(log(), many.room)).commits).toHaveLength(0);
    });

    test('that fails for certain fails its own commands and no others', async () => {
      const { send, room } = bench(log(), { script: onAppends({ fault: 'storage-full' }) });
      expect((await Promise.all([send({ do: 'add' }), send({ do: 'add' })])).map(codeOf)).toEqual(['storage-full', 'storage-full']);
      expect(codeOf(await send({ do: 'add' }))).toBe('ok');
      expect((await audit(log(), room)).state.count).toBe(1);
    });

    test('that throws (as one taken for a duplicate does) is loud, and the log decides', async () => {
      let thrown = false;
      const { send, room, alarms } = bench({
        ...log(),
        append(...args) {
          if (thrown) return log().append(...args);
          thrown = true;
          return log().append(...args).then(() => { throw new Error('taken for a duplicate'); });
        },
      });
      const id = newId();
      expect(codeOf(await send({ do: 'add' }, { id }))).toBe('ok');
      expect(alarms.map(({ alarm }) => alarm)).toEqual(['append-threw']);
      expect((await audit(log(), room)).timesOf(id)).toBe(1);
    });

    test('after which the log cannot be read: what may be stored is unknown, the rest unavailable, and then it goes on', async () => {
      let readable = true;
      const { send, room } = bench(log(), {
        script({ call }) {
          if (call !== 'append') return readable ? undefined : { fault: 'unreadable' };
          if (!readable) return undefined;
          readable = false;
          return { fault: 'ack-lost' };
        },
      });
      const deadline = Date.now() + 500;
      const id = newId();
      const first = send({ do: 'add' }, { id, deadline });
      await waitFor(() => !readable);
      const second = send({ do: 'add' }, { deadline });
      expect([await first, await second].map(codeOf)).toEqual(['outcome-unknown', 'unavailable']);
      readable = true;
      // Its own faults are over: the append script sees `readable` and would lose one more.
      const fine = bench(log(), { room });
      expect(codeOf(await fine.send({ do: 'add' }, { id }))).toBe('repeated');
      expect((await audit(log(), room)).timesOf(id)).toBe(1);
    });
  });
}
