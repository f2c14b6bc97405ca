import { describe, expect, test } from 'vitest';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import { newRoom } from './toy.ts';

const bytes = (text: string) => Buffer.from(text);

/** The port itself: expectations, leader reads, places. */
export function portContract(log: () => EventLog): void {
  describe('the log', () => {
    test('takes an append only at the sequence it expects', async () => {
      const room = newRoom();
      expect(await log().append(room, 7, bytes('a'), {})).toEqual({ outcome: 'conflict' });
      const first = await log().append(room, 0, bytes('a'), {});
      if (first.outcome !== 'stored') throw new Error(first.outcome);
      expect(await log().append(room, 0, bytes('b'), {})).toEqual({ outcome: 'conflict' });
      const second = await log().append(room, first.seq, bytes('c'), {});
      expect(second.outcome).toBe('stored');
      expect(await log().append(room, first.seq, bytes('d'), {})).toEqual({ outcome: 'conflict' });
      expect(await contents(log(), room, 0)).toEqual(['a', 'c']);
    });

    test('lets one of many rivals win each place', async () => {
      const room = newRoom();
      const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => log().append(room, 0, bytes(String(index)), {})));
      expect(outcomes.filter(({ outcome }) => outcome === 'stored')).toHaveLength(1);
      expect(outcomes.filter(({ outcome }) => outcome === 'conflict')).toHaveLength(19);
    });

    test('reads what comes after a sequence, to the head, and nothing of others', async () => {
      const [room, other] = [newRoom(), newRoom()];
      const seqs: number[] = [0];
      for (let index = 0; index < 30; index += 1) {
        const appended = await log().append(room, seqs.at(-1) ?? 0, bytes(String(index)), {});
        if (appended.outcome !== 'stored') throw new Error(appended.outcome);
        seqs.push(appended.seq);
      }
      const elsewhere = await log().append(other, 0, bytes('other'), {});
      const all = Array.from({ length: 30 }, (_, index) => String(index));
      expect(await contents(log(), room, 0)).toEqual(all);
      for (const from of [1, 10, 24, 29]) expect(await contents(log(), room, seqs[from] ?? 0)).toEqual(all.slice(from));
      expect(await contents(log(), room, seqs[30] ?? 0)).toEqual([]);
      expect(await log().lastSeq(room)).toBe(seqs[30]);
      const at = await log().readAt(room, seqs[5] ?? 0);
      expect(Buffer.from(at?.bytes ?? []).toString()).toBe('4');
      expect(Math.abs((at?.storedAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
      if (elsewhere.outcome !== 'stored') throw new Error(elsewhere.outcome);
      expect(await log().readAt(newRoom(), elsewhere.seq)).toBeUndefined();
    });

    test('has nothing of an aggregate that never was', async () => {
      const room = newRoom();
      expect(await log().lastSeq(room)).toBe(0);
      expect(await contents(log(), room, 0)).toEqual([]);
      expect(await log().readAt(room, 0)).toBeUndefined();
      expect(await log().readAt(room, 999_999_999)).toBeUndefined();
      expect(await log().epoch(room)).toMatch(/^[a-z0-9]{8}$/);
    });
  });
}

async function contents(log: EventLog, room: ReturnType<typeof newRoom>, afterSeq: number): Promise<string[]> {
  const read: string[] = [];
  for await (const commit of log.read(room, afterSeq)) read.push(Buffer.from(commit.bytes).toString());
  return read;
}
