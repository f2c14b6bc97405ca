import type { AggregateKind, StoredEvent } from '@parley/contracts/envelope/commit';
import { deciders } from '@parley/command-service/deciders';

export type StateChange = { readonly path: string; readonly from: unknown; readonly to: unknown };
type Evolve = (state: unknown, event: unknown, place: { n: number; by: string; at: string; commandId: string }) => unknown;

/** The state of an aggregate as its decider folds it, one event at a time. */
export class StateFold {
  readonly #evolve: Evolve;
  state: unknown;
  n = 0;
  constructor(kind: AggregateKind) {
    const { initial, evolve } = deciders[kind] as { initial: unknown; evolve: Evolve };
    this.state = initial;
    this.#evolve = evolve;
  }
  take({ type, data, by, commandId }: StoredEvent, n: number, at: string): void {
    this.state = this.#evolve(this.state, { type, data }, { n, by, at, commandId });
    this.n = n;
  }
}

/** Fields in which two states differ, by path; a map keyed by ids counts as an object. */
export function diffStates(before: unknown, after: unknown): StateChange[] {
  const [left, right] = [new Map(leaves(before)), new Map(leaves(after))];
  return [...new Set([...left.keys(), ...right.keys()])].toSorted().flatMap((path) => {
    const [from, to] = [left.get(path), right.get(path)];
    return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ path, from: from ?? null, to: to ?? null }];
  });
}

function* leaves(value: unknown, path = ''): Generator<[path: string, value: unknown]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (value !== undefined) yield [path, value];
    return;
  }
  const buckets = (value as { buckets?: readonly (readonly (readonly [string, unknown])[])[] }).buckets;
  const entries = Array.isArray(buckets) && 'size' in value ? buckets.flat() as (readonly [string, unknown])[] : Object.entries(value);
  for (const [key, inner] of entries) yield* leaves(inner, path === '' ? key : `${path}.${key}`);
}
