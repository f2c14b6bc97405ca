import { describe, expect, test } from 'vitest';
import { commandBytesMax, commandEventsMax, commitBytesMax, commitEventsMax } from '@parley/contracts/envelope/limits';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import { audit, bench, bob, codeOf, newId, onAppends } from './toy.ts';

/** Sizes, and who may share a commit with whom. */
export function boundsContract(log: () => EventLog): void {
  describe('a commit', () => {
    test('holds what its bounds allow and no more, by events', async () => {
      const { send, room } = bench(log());
      expect(await send({ do: 'add', times: commandEventsMax })).toMatchObject({ ok: true, events: commandEventsMax });
      expect(codeOf(await send({ do: 'add', times: commandEventsMax + 1 }))).toBe('too-large');
      const replies = await Promise.all(Array.from({ length: 200 }, (_, index) => send({ do: 'add', times: index % 5 === 0 ? 30 : 1 })));
      expect(replies.every(({ ok }) => ok)).toBe(true);
      const { commits } = await audit(log(), room);
      expect(Math.max(...commits.map(({ events }) => events.length))).toBeLessThanOrEqual(commitEventsMax);
      // A command is never cut in two.
      for (const reply of replies) expect(commits.filter(({ n, events }) => reply.ok && n < reply.n + reply.events && reply.n < n + events.length)).toHaveLength(1);
    });

    test('holds what its bounds allow and no more, by bytes', async () => {
      const { send, room } = bench(log());
      const fits = 'é'.repeat((commandBytesMax - 400) / 2);
      expect(codeOf(await send({ do: 'add', pad: fits }))).toBe('ok');
      expect(codeOf(await send({ do: 'add', pad: 'é'.repeat(commandBytesMax / 2) }))).toBe('too-large');
      const replies = await Promise.all(Array.from({ length: 40 }, (_, index) => send({ do: 'add', pad: 'x'.repeat(index % 3 === 0 ? 30_000 : 900) })));
      expect(replies.every(({ ok }) => ok)).toBe(true);
      const { commits } = await audit(log(), room);
      expect(Math.max(...commits.map(({ bytes }) => bytes))).toBeLessThanOrEqual(commitBytesMax);
      expect(commits.length).toBeLessThan(20);
    });

    test('loses nothing by a command that is too large, throws, or makes what nobody knows', async () => {
      const { send, room, alarms } = bench(log());
      const replies = await Promise.all([
        send({ do: 'add' }), send({ do: 'add', times: 101 }), send({ do: 'add' }), send({ do: 'throw' }), send({ do: 'add' }), send({ do: 'make-unknown' }), send({ do: 'add' }),
      ]);
      expect(replies.map(codeOf)).toEqual(['ok', 'too-large', 'ok', 'internal', 'ok', 'internal', 'ok']);
      expect(replies.map((reply) => reply.ok && reply.n)).toEqual([1, false, 2, false, 3, false, 4]);
      expect(alarms.map(({ alarm }) => alarm)).toEqual(['decider-threw', 'decider-threw']);
      expect((await audit(log(), room)).commits).toHaveLength(1);
    });

    test('that changes who may see the room holds that command alone, and is marked', async () => {
      const marks: boolean[] = [];
      const { send, room } = bench({
        ...log(),
        append(aggregate, expectedSeq, bytes, headers) {
          marks.push(headers['Parley-Ctl'] === '1');
          return log().append(aggregate, expectedSeq, bytes, headers);
        },
      });
      const replies = await Promise.all(Array.from({ length: 60 }, (_, index) => {
        if (index % 10 === 4) return send({ do: 'admit', userId: bob });
        return index % 10 === 8 ? send({ do: 'remove', userId: bob }) : send({ do: 'say', userId: bob });
      }));
      // Between admission and removal three may speak; the order of arrival decides.
      expect(replies.map(codeOf).slice(10, 20)).toEqual(['forbidden', 'forbidden', 'forbidden', 'forbidden', 'ok', 'ok', 'ok', 'ok', 'ok', 'forbidden']);
      const { commits } = await audit(log(), room);
      for (const { events } of commits) {
        if (events.some(({ type }) => type.startsWith('room.member'))) expect(new Set(events.map(({ commandId }) => commandId)).size).toBe(1);
      }
      expect(marks).toEqual(commits.map(({ events }) => events.some(({ type }) => type.startsWith('room.member'))));
      expect(marks.filter(Boolean)).toHaveLength(12);
    });

    test('keeps that alone when it is decided again', async () => {
      const { send, room } = bench(log(), { script: onAppends({ fault: 'ack-lost' }, { fault: 'lost' }, { fault: 'in-flight-conflict' }) });
      await Promise.all([send({ do: 'add' }), send({ do: 'admit', userId: bob }), send({ do: 'say', userId: bob }), send({ do: 'remove', userId: bob }), send({ do: 'add' })]);
      const { commits } = await audit(log(), room);
      for (const { events } of commits) if (events.some(({ type }) => type.startsWith('room.member'))) expect(events).toHaveLength(1);
    });

    test('carries the sealed content and the mac of its commands, each once', async () => {
      const { send, room } = bench(log(), { script: onAppends({ fault: 'in-flight-conflict' }) });
      const seals = [{ k: 'm:a:202601', c: 'one' }, undefined, { k: 'm:a:202601', c: 'three' }];
      await send({ do: 'add', times: 3 }, { id: newId(), seals, mac: 'mac' });
      const { events } = await audit(log(), room);
      expect(events.map(({ sealed }) => sealed)).toEqual(seals);
      expect(events.map(({ mac }) => mac)).toEqual(['mac', undefined, undefined]);
    });

    test('of a slow aggregate comes at most once per interval, the first at once', async () => {
      const { send, room } = bench(log(), { minCommitIntervalMs: { room: 400 } });
      const startMs = performance.now();
      const timed = (reply: ReturnType<typeof send>) => reply.then(() => performance.now() - startMs);
      const first = await timed(send({ do: 'add' }));
      const others = await Promise.all(Array.from({ length: 10 }, async (_, index) => {
        await new Promise<void>((resolve) => { setTimeout(resolve, index * 20); });
        return timed(send({ do: 'add' }));
      }));
      expect(first).toBeLessThan(400);
      expect(Math.min(...others)).toBeGreaterThanOrEqual(395);
      expect((await audit(log(), room)).commits.map(({ events }) => events.length)).toEqual([1, 10]);
    });
  });
}
