/**
 * States of deciders as JSON. Beyond plain JSON they may hold Map and Set (tagged `$map`, `$set`, order kept);
 * an object with a key that begins with `$` is tagged too, so no content can pretend to be a tag.
 */
export function encodeState(state: unknown): string {
  return JSON.stringify(pack(state)) ?? 'null';
}

/** Inverse of `encodeState`. Throws SyntaxError or TypeError for text that it did not make. */
export function decodeState(text: string): unknown {
  return unpackState(JSON.parse(text));
}

type Tagged = { readonly $map?: readonly (readonly [unknown, unknown])[]; readonly $set?: readonly unknown[]; readonly $object?: readonly (readonly [string, unknown])[] };

function pack(value: unknown): unknown {
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') throw new TypeError(`a state cannot hold a ${typeof value}`);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(pack);
  if (value instanceof Map) return { $map: Array.from(value, ([key, item]) => [pack(key), pack(item)]) };
  if (value instanceof Set) return { $set: Array.from(value, pack) };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError('a state holds plain objects, arrays, Map and Set only');
  const entries = Object.entries(value).filter(([, item]) => item !== undefined).map(([key, item]) => [key, pack(item)] as const);
  return entries.some(([key]) => key.startsWith('$') || key === '__proto__') ? { $object: entries } : Object.fromEntries(entries);
}

/** As `decodeState`, for what was parsed already. */
export function unpackState(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(unpackState);
  const { $map, $set, $object } = value as Tagged;
  if ($map) return new Map($map.map(([key, item]) => [unpackState(key), unpackState(item)]));
  if ($set) return new Set($set.map(unpackState));
  return Object.fromEntries(($object ?? Object.entries(value)).map(([key, item]) => [key, unpackState(item)]));
}
