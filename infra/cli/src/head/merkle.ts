import { createHash, hash } from 'node:crypto';

/**
 * A Merkle tree over a stream as RFC 9162 §2.1 defines it: one leaf per sequence, hashes with a prefix that tells
 * leaves from nodes. Its root is a digest of everything up to a sequence, in order; it grows without the leaves before
 * (`Frontier`), and that one leaf is in it is shown by as many hashes as the tree is high.
 */
export const hashBytes = 32;
const leafPrefix = Buffer.of(0);
const nodePrefix = Buffer.of(1);
/** A sequence where no message lay when it was signed. */
export const gapLeaf: Buffer = hash('sha256', Buffer.from('\u0002parley-gap/1'), 'buffer');

/** The leaf of one message: its subject and its bytes. Where it lies is told by the leaf's place. */
export function leafOf(subject: string, bytes: Uint8Array): Buffer {
  return createHash('sha256').update(leafPrefix).update(subject).update('\n').update(bytes).digest();
}

const nodeOf = (left: Uint8Array, right: Uint8Array): Buffer => createHash('sha256').update(nodePrefix).update(left).update(right).digest();

/** Roots of the perfect subtrees that a tree of `size` leaves is made of, the largest first: all that its growth needs. */
export class Frontier {
  #size: number;
  readonly #roots: Buffer[];

  constructor(size = 0, roots: readonly Buffer[] = []) {
    if (roots.length !== bitsOf(size) || roots.some((root) => root.length !== hashBytes)) throw new RangeError('roots that do not belong to this size');
    this.#size = size;
    this.#roots = [...roots];
  }

  get size(): number {
    return this.#size;
  }
  get roots(): readonly Buffer[] {
    return this.#roots;
  }

  append(leaf: Buffer): void {
    let node = leaf;
    for (let size = this.#size; size % 2 === 1; size = (size - 1) / 2) node = nodeOf(this.#roots.pop() as Buffer, node);
    this.#roots.push(node);
    this.#size += 1;
  }

  /** The tree's root; that of no leaves is the hash of nothing. */
  root(): Buffer {
    const last = this.#roots.at(-1);
    if (!last) return hash('sha256', Buffer.alloc(0), 'buffer');
    return this.#roots.slice(0, -1).reduceRight<Buffer>((right, left) => nodeOf(left, right), last);
  }
}

function bitsOf(size: number): number {
  let bits = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits;
}

/** How the leaf at `index` (from 0) of these leaves leads to their root: RFC 9162 §2.1.3.1. `leafAt` is asked for each leaf. */
export function pathOf(index: number, size: number, leafAt: (index: number) => Buffer): Buffer[] {
  const path: Buffer[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.unshift(rootOf(middle, to, leafAt));
      to = middle;
    } else {
      path.unshift(rootOf(from, middle, leafAt));
      from = middle;
    }
  }
  return path;
}

function rootOf(from: number, to: number, leafAt: (index: number) => Buffer): Buffer {
  const frontier = new Frontier();
  for (let index = from; index < to; index += 1) frontier.append(leafAt(index));
  return frontier.root();
}

/** The largest power of two below `size`. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** The root that a leaf and its path give: RFC 9162 §2.1.3.2; undefined when the path has another length than it must. */
export function rootFromPath(leaf: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer | undefined {
  if (index < 0 || index >= size) return undefined;
  let [at, last, node] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      node = nodeOf(sibling, node);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else node = nodeOf(node, sibling);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? node : undefined;
}
