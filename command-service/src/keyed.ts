/**
 * An immutable map for states that are folded from a log: setting copies one small bucket and the array of buckets,
 * so ten thousand joins cost milliseconds, where copying a whole Map for each would cost seconds.
 * Plain arrays only, so that a snapshot may hold it; equal histories give equal structures.
 */
export type Keyed<V> = { readonly size: number; readonly buckets: readonly Bucket<V>[] };
type Bucket<V> = readonly (readonly [key: string, value: V])[];

const bucketEntriesMax = 16;
const nothing: Keyed<never> = { size: 0, buckets: [[]] };

export const emptyKeyed = <V>(): Keyed<V> => nothing;

export function getKeyed<V>(map: Keyed<V>, key: string): V | undefined {
  for (const [candidate, value] of bucketOf(map, key)) if (candidate === key) return value;
  return undefined;
}

export function hasKeyed<V>(map: Keyed<V>, key: string): boolean {
  return bucketOf(map, key).some(([candidate]) => candidate === key);
}

export function setKeyed<V>(map: Keyed<V>, key: string, value: V): Keyed<V> {
  const old = bucketOf(map, key);
  const index = old.findIndex(([candidate]) => candidate === key);
  const entry = [key, value] as const;
  if (index >= 0) return { size: map.size, buckets: map.buckets.with(slotOf(map, key), old.with(index, entry)) };
  const grown = { size: map.size + 1, buckets: map.buckets.with(slotOf(map, key), [...old, entry]) };
  return grown.size > grown.buckets.length * bucketEntriesMax ? doubled(grown) : grown;
}

export function deleteKeyed<V>(map: Keyed<V>, key: string): Keyed<V> {
  const old = bucketOf(map, key);
  const kept = old.filter(([candidate]) => candidate !== key);
  if (kept.length === old.length) return map;
  return { size: map.size - 1, buckets: map.buckets.with(slotOf(map, key), kept) };
}

/** Entries in an order that depends on the history alone. */
export function* entriesOf<V>(map: Keyed<V>): Generator<readonly [key: string, value: V]> {
  for (const bucket of map.buckets) yield* bucket;
}

/** Shares entries out over twice as many buckets. The number of buckets is always a power of two. */
function doubled<V>(map: Keyed<V>): Keyed<V> {
  const buckets: (readonly [string, V])[][] = Array.from({ length: map.buckets.length * 2 }, () => []);
  for (const entry of entriesOf(map)) buckets[hashOf(entry[0]) & (buckets.length - 1)]?.push(entry);
  return { size: map.size, buckets };
}

const slotOf = <V>(map: Keyed<V>, key: string): number => hashOf(key) & (map.buckets.length - 1);
const bucketOf = <V>(map: Keyed<V>, key: string): Bucket<V> => map.buckets[slotOf(map, key)] ?? [];

/** FNV-1a over UTF-16 code units, its upper half mixed in because only the low bits choose a bucket. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
