import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deleteKeyed, emptyKeyed, entriesOf, getKeyed, hasKeyed, type Keyed, setKeyed } from './keyed.ts';

const operation = fc.record({ key: fc.oneof(fc.string({ maxLength: 3 }), fc.constant('__proto__')), value: fc.option(fc.nat()) });

test('behaves as a Map does, and no earlier map ever changes', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 400 }), (operations) => {
      const model = new Map<string, number>();
      let map: Keyed<number> = emptyKeyed();
      for (const { key, value } of operations) {
        const before = JSON.stringify(map);
        const next = value === null ? deleteKeyed(map, key) : setKeyed(map, key, value);
        expect(JSON.stringify(map)).toBe(before);
        map = next;
        if (value === null) model.delete(key);
        else model.set(key, value);
        expect(getKeyed(map, key)).toBe(model.get(key));
        expect(hasKeyed(map, key)).toBe(model.has(key));
      }
      expect(map.size).toBe(model.size);
      expect(new Map(entriesOf(map))).toEqual(model);
    }),
    { numRuns: 50 },
  );
});

test('ten thousand entries set one by one are as near as one', () => {
  let map: Keyed<number> = emptyKeyed();
  for (let index = 0; index < 10_000; index += 1) map = setKeyed(map, `key-${index}`, index);
  expect(map.size).toBe(10_000);
  expect(Math.max(...map.buckets.map((bucket) => bucket.length))).toBeLessThan(64);
  expect(getKeyed(map, 'key-7777')).toBe(7_777);
});
