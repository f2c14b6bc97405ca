import { fnv1a32 } from '@parley/contracts/wire/partition';

/** A candidate for partitions: twice the weight is twice the share; weight 0 is asked only when nobody else is there. */
export type Candidate = { readonly instance: string; readonly weight: number };

/**
 * Instances in the order in which they own a partition, best first: weighted rendezvous hashing. Everybody who sees the
 * same members computes the same order, and a member that comes or goes moves only its own share.
 * Source: D. Thaler, C. Ravishankar, "Using name-based mappings to increase hit rates", 1998; weights after
 * C. Schindelhauer, G. Schomaker, "Weighted distributed hash tables", 2005 (logarithmic method).
 */
export function ownersOf(partition: number, members: readonly Candidate[]): string[] {
  return members
    .map(({ instance, weight }) => ({ instance, score: scoreOf(partition, instance, weight), tie: draw(partition, instance) }))
    .sort((left, right) => right.score - left.score || right.tie - left.tie || (left.instance < right.instance ? -1 : 1))
    .map(({ instance }) => instance);
}

function scoreOf(partition: number, instance: string, weight: number): number {
  return weight > 0 ? -weight / Math.log(draw(partition, instance)) : 0;
}

/** A number in (0, 1) that looks random but is the same for everybody. */
function draw(partition: number, instance: string): number {
  return (mix(fnv1a32(`${partition}|${instance}`)) + 0.5) / 2 ** 32;
}

/** Finaliser of MurmurHash3 (A. Appleby): FNV alone keeps neighbours of an id close together. */
function mix(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
