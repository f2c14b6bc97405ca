import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Frontier, leafOf, pathOf, rootFromPath } from './merkle.ts';

const leaves = Array.from({ length: 70 }, (_, index) => leafOf('evt.1.room.r', Buffer.from(String(index))));
const rootOf = (size: number): Buffer => leaves.slice(0, size).reduce((tree, leaf) => (tree.append(leaf), tree), new Frontier()).root();

/** RFC 9162 §2.1.1 to the letter, as slow as it is plain. */
function merkleTreeHash(list: readonly Buffer[]): Buffer {
  if (list.length === 0) return hash('sha256', '', 'buffer');
  if (list.length === 1) return list[0]!;
  let k = 1;
  while (k * 2 < list.length) k *= 2;
  return hash('sha256', Buffer.concat([Buffer.of(1), merkleTreeHash(list.slice(0, k)), merkleTreeHash(list.slice(k))]), 'buffer');
}

test('a growing tree has the roots that the definition gives', () => {
  for (let size = 0; size <= leaves.length; size += 1) expect(rootOf(size)).toEqual(merkleTreeHash(leaves.slice(0, size)));
});

test('a tree goes on from its subtrees alone', () => {
  for (let size = 0; size < leaves.length; size += 1) {
    const before = leaves.slice(0, size).reduce((tree, leaf) => (tree.append(leaf), tree), new Frontier());
    const again = new Frontier(before.size, before.roots);
    again.append(leaves[size]!);
    expect(again.root()).toEqual(rootOf(size + 1));
  }
  expect(() => new Frontier(3, [leaves[0]!])).toThrow(RangeError);
});

test('every leaf’s path leads to the root, and to no other', () => {
  for (let size = 1; size <= 40; size += 1) {
    for (let index = 0; index < size; index += 1) {
      const path = pathOf(index, size, (at) => leaves[at]!);
      expect(rootFromPath(leaves[index]!, index, size, path)).toEqual(rootOf(size));
      expect(rootFromPath(leaves[index + 1]!, index, size, path)).not.toEqual(rootOf(size));
      expect(rootFromPath(leaves[index]!, index, size, [...path, leaves[0]!])).toBeUndefined();
      if (path.length > 0) expect(rootFromPath(leaves[index]!, index, size, path.slice(1))).not.toEqual(rootOf(size));
    }
  }
  expect(rootFromPath(leaves[0]!, 1, 1, [])).toBeUndefined();
});
