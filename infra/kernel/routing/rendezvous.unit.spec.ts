import { partitionsMax } from '@parley/contracts/wire/partition';
import { describe, expect, test } from 'vitest';
import { ownersOf } from './rendezvous.ts';

const partitions = Array.from({ length: partitionsMax }, (_, partition) => partition);
const group = (...instances: string[]) => instances.map((instance) => ({ instance, weight: 1 }));
const many = Array.from({ length: 20_000 }, (_, partition) => partition);
const share = (instance: string, members: readonly { instance: string; weight: number }[]) =>
  many.filter((partition) => ownersOf(partition, members)[0] === instance).length / many.length;

describe('rendezvous', () => {
  test('everybody computes the same order, whatever the order of their list', () => {
    for (const partition of partitions) expect(ownersOf(partition, group('a', 'b', 'c'))).toEqual(ownersOf(partition, group('c', 'a', 'b')));
  });

  test('only the share of the member that left moves', () => {
    for (const partition of partitions) {
      const before = ownersOf(partition, group('a', 'b', 'c', 'd'));
      expect(ownersOf(partition, group('a', 'b', 'd'))).toEqual(before.filter((instance) => instance !== 'c'));
    }
  });

  test('equal weights get equal shares, also of names that differ in one character', () => {
    for (const instance of ['i1', 'i2', 'i3', 'i4']) expect(share(instance, group('i1', 'i2', 'i3', 'i4'))).toBeCloseTo(0.25, 1);
  });

  test('a canary of weight 1 beside 9 gets a tenth', () => {
    expect(share('green', [{ instance: 'blue', weight: 9 }, { instance: 'green', weight: 1 }])).toBeCloseTo(0.1, 1);
  });

  test('weight 0 is last, and still asked when alone', () => {
    const members = [{ instance: 'leaving', weight: 0 }, ...group('a', 'b')];
    for (const partition of partitions) expect(ownersOf(partition, members).at(-1)).toBe('leaving');
    expect(ownersOf(1, members.slice(0, 1))).toEqual(['leaving']);
  });

  test('nobody owns anything when nobody is there', () => expect(ownersOf(1, [])).toEqual([]));

  test('the order of known members is fixed: gateways of different releases must agree', () => {
    expect(partitions.slice(0, 8).map((partition) => ownersOf(partition, group('a', 'b', 'c')).join(''))).toMatchInlineSnapshot(`
      [
        "acb",
        "cab",
        "acb",
        "cba",
        "cab",
        "abc",
        "cba",
        "abc",
      ]
    `);
  });
});
