import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RememberedCommand, RememberedCommands } from './remembered-commands.ts';

const idAt = (ms: number, tail = 0) => {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${tail.toString(16).padStart(12, '0')}`;
};
const command = (atMs: number, n = 1): RememberedCommand => ({ by: 'u', mac: undefined, n, events: 1, seq: n, at: new Date(atMs).toISOString() });
const start = Date.UTC(2026, 0, 1);

describe('remembered commands', () => {
  test('a known id has its answer, one above the floor is new', () => {
    const remembered = new RememberedCommands();
    remembered.remember(idAt(start), command(start));
    expect(remembered.lookup(idAt(start))).toMatchObject({ n: 1, seq: 1 });
    expect(remembered.lookup(idAt(start, 1))).toBe('new');
  });

  test('past the bound the lowest id goes, whichever came first, and everything up to it is too old to tell', () => {
    const remembered = new RememberedCommands(2);
    for (const offset of [30, 10, 20]) remembered.remember(idAt(start + offset), command(start + 40));
    expect(remembered.floor).toBe(start + 10);
    expect(remembered.lookup(idAt(start + 10))).toBe('too-old');
    expect(remembered.lookup(idAt(start + 5))).toBe('too-old');
    expect(remembered.lookup(idAt(start + 11))).toBe('new');
    expect(remembered.lookup(idAt(start + 20))).toMatchObject({ by: 'u' });
  });

  test('what is 24 h older than the newest commit goes', () => {
    const remembered = new RememberedCommands();
    const day = 24 * 60 * 60 * 1_000;
    remembered.remember(idAt(start), command(start));
    remembered.remember(idAt(start + day), command(start + day));
    expect(remembered.size).toBe(2);
    remembered.remember(idAt(start + day + 1), command(start + day + 1));
    expect(remembered.size).toBe(2);
    expect(remembered.lookup(idAt(start))).toBe('too-old');
  });

  test('is the same fold however the log is cut into snapshot and tail', () => {
    const logs = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 5 })), { maxLength: 60 });
    fc.assert(fc.property(logs, fc.array(fc.nat(60), { maxLength: 4 }), (entries, cuts) => {
      let atMs = start;
      const log = entries.map(([offset, tail, step], index) => [idAt(start + offset, tail), command((atMs += step), index + 1)] as const);
      const whole = new RememberedCommands(4, 40);
      for (const [id, item] of log) whole.remember(id, item);
      let cut = new RememberedCommands(4, 40);
      for (let index = 0; index <= log.length; index += 1) {
        if (cuts.some((at) => at % (log.length + 1) === index)) cut = RememberedCommands.fromRows(JSON.parse(JSON.stringify(cut.toRows())), 4, 40);
        const entry = log[index];
        if (entry) cut.remember(...entry);
      }
      expect(cut.toRows()).toEqual(whole.toRows());
    }), { numRuns: 500 });
  });

  test('evicts exactly as a sorted list would', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(500), fc.nat(9)), { maxLength: 200 }), (entries) => {
      const remembered = new RememberedCommands(20, 1e9);
      const model = new Set<string>();
      let floor = 0;
      for (const [offset, tail] of entries) {
        const id = idAt(start + offset, tail);
        remembered.remember(id, command(start));
        model.add(id);
        while (model.size > 20) {
          const [lowest] = [...model].sort() as [string];
          model.delete(lowest);
          floor = Math.max(floor, Number.parseInt(lowest.slice(0, 8) + lowest.slice(9, 13), 16));
        }
      }
      expect(remembered.toRows().rows.map(([id]) => id)).toEqual([...model].sort());
      expect(remembered.floor).toBe(floor);
    }));
  });
});
