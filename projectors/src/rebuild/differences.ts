import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { subjectOf } from '@parley/contracts/wire/subjects';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import { openCommits } from '../runner/open-commits.ts';
import type { AnyProjection } from '../runner/projection.ts';
import { readItem } from '../runner/read-items.ts';

export type Row = Readonly<Record<string, unknown>>;

/** A row that is not the same in two generations: which, and in what, but never what people wrote. */
export type Difference = {
  readonly table: string;
  /** Values of the primary key. */
  readonly key: readonly unknown[];
  /** `missing`: the rows that are read lack it. `extra`: the log says nothing of it. */
  readonly what: 'missing' | 'extra' | 'differs';
  readonly columns: readonly string[];
};

/** Compares rows by their keys; `live` are those that are read. */
export function differencesOf(table: string, live: ReadonlyMap<string, Row>, made: ReadonlyMap<string, Row>): Difference[] {
  const found: Difference[] = [];
  for (const [key, row] of made) {
    const other = live.get(key);
    const columns = other ? Object.keys(row).filter((column) => JSON.stringify(row[column]) !== JSON.stringify(other[column])) : [];
    if (!other || columns.length > 0) found.push({ table, key: JSON.parse(key) as unknown[], what: other ? 'differs' : 'missing', columns });
  }
  for (const key of live.keys()) if (!made.has(key)) found.push({ table, key: JSON.parse(key) as unknown[], what: 'extra', columns: [] });
  return found;
}

/** Numbers of an aggregate's events whose words nobody can read any more, and of the messages that they are about. */
export class ErasedWords {
  readonly #log: EventLog;
  readonly #opener: ContentOpener;
  readonly #projection: AnyProjection;
  readonly #found = new Map<string, Promise<ReadonlySet<number>>>();

  constructor(log: EventLog, opener: ContentOpener, projection: AnyProjection) {
    this.#log = log;
    this.#opener = opener;
    this.#projection = projection;
  }

  /**
   * Whether a row differs only because its words were erased after the rows that are read were made: it differs in
   * erasable columns alone, the new row has none of the words, and the key of an event it was made of is gone. Such rows
   * are equal, as the old one should not be readable either.
   */
  async explains({ table, columns, what }: Difference, made: Row): Promise<boolean> {
    const erasable = this.#projection.erasable?.[table] ?? [];
    if (what !== 'differs' || !columns.every((column) => erasable.includes(column))) return false;
    if (!columns.every((column) => made[column] === (column === 'state' ? 'erased' : null))) return false;
    const erased = await this.#of(String(made['room_id'] ?? made['user_id']));
    const n = made['message_n'] ?? (table === 'message' || table === 'note' ? made['n'] : undefined);
    return typeof n === 'number' ? erased.has(n) : erased.size > 0;
  }

  #of(id: string): Promise<ReadonlySet<number>> {
    const found = this.#found.get(id) ?? this.#read({ kind: this.#projection.kinds[0]!, id });
    this.#found.set(id, found);
    return found;
  }

  async #read(aggregate: AggregateRef): Promise<ReadonlySet<number>> {
    const erased = new Set<number>();
    for await (const { seq, bytes } of this.#log.read(aggregate, 0)) {
      const item = readItem({ seq, subject: subjectOf(aggregate), bytes }, this.#projection.kinds);
      const [result] = item?.what === 'commit' ? await openCommits(this.#opener, [item]) : [];
      for (const { n, data, content } of result && 'opened' in result ? result.opened.events : []) {
        if (content === null) erased.add(n).add((data['targetN'] as number | undefined) ?? n);
      }
    }
    return erased;
  }
}
