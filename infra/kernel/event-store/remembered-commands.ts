import { rememberedCommandsMax, rememberedCommandsMs } from '@parley/contracts/envelope/limits';
import { timestampOf } from '@parley/contracts/ids';

/** What an aggregate keeps of a command that caused events: enough to give its answer again and to tell it from another. */
export type RememberedCommand = {
  readonly by: string;
  readonly mac: string | undefined;
  /** Number of its first event, and how many there are. */
  readonly n: number;
  readonly events: number;
  readonly seq: number;
  /** ISO instant of its commit. */
  readonly at: string;
};

/** One command: id, by, mac ('' for none), n, events, seq, at. */
type Row = readonly [string, string, string, number, number, number, string];
export type RememberedRows = { readonly floor: number; readonly rows: readonly Row[] };

type Entry = RememberedCommand & { readonly id: string; readonly time: number };

/**
 * The commands an aggregate remembers, so that each takes effect once. A deterministic fold over its log: it keeps at
 * most 20,000 ids and none older than 24 h before the newest commit, lets go of the lowest first, and raises `floor`
 * (milliseconds since 1970) to the highest time it let go of. Hence an id above the floor that is not here never
 * happened, and one at or below it cannot be told.
 */
export class RememberedCommands {
  readonly #byId = new Map<string, Entry>();
  /** Binary heap, lowest id first; ids that arrive in order cost O(1), letting one go O(log n). */
  readonly #heap: Entry[] = [];
  readonly #max: number;
  readonly #keepMs: number;
  #floor = 0;
  /** Instant of the commit folded last, and the time before which ids go. */
  #newestAt = '';
  #oldestTime = 0;

  constructor(max: number = rememberedCommandsMax, keepMs: number = rememberedCommandsMs) {
    this.#max = max;
    this.#keepMs = keepMs;
  }

  get size(): number {
    return this.#byId.size;
  }
  get floor(): number {
    return this.#floor;
  }

  /** What is kept of this id; 'new' when it provably never happened, 'too-old' when that cannot be told. */
  lookup(id: string, time: number = timestampOf(id)): RememberedCommand | 'new' | 'too-old' {
    return this.#byId.get(id) ?? (time > this.#floor ? 'new' : 'too-old');
  }

  /** Folds one command of the log, in log order. */
  remember(id: string, command: RememberedCommand): void {
    if (this.#byId.has(id)) return;
    this.#insert({ id, time: timestampOf(id), by: command.by, mac: command.mac, n: command.n, events: command.events, seq: command.seq, at: command.at });
    if (command.at !== this.#newestAt) {
      this.#newestAt = command.at;
      this.#oldestTime = Date.parse(command.at) - this.#keepMs;
    }
    const oldestTime = this.#oldestTime;
    for (let lowest = this.#heap[0]; lowest !== undefined && (this.#heap.length > this.#max || lowest.time < oldestTime); lowest = this.#heap[0]) {
      this.#removeLowest();
      this.#byId.delete(lowest.id);
      if (lowest.time > this.#floor) this.#floor = lowest.time;
    }
  }

  /** For a snapshot: rows in order of id, whatever way they were folded. */
  toRows(): RememberedRows {
    const rows = [...this.#byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).map((entry): Row => [entry.id, entry.by, entry.mac ?? '', entry.n, entry.events, entry.seq, entry.at]);
    return { floor: this.#floor, rows };
  }

  static fromRows({ floor, rows }: RememberedRows, max?: number, keepMs?: number): RememberedCommands {
    const remembered = new RememberedCommands(max, keepMs);
    remembered.#floor = floor;
    // Rows come lowest first, which already is a heap.
    for (const [id, by, mac, n, events, seq, at] of rows) remembered.#insert({ id, time: timestampOf(id), by, mac: mac === '' ? undefined : mac, n, events, seq, at });
    return remembered;
  }

  #insert(entry: Entry): void {
    this.#byId.set(entry.id, entry);
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!isLower(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #removeLowest(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isLower(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      if (!isLower(heap[child] as Entry, last)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
  }
}

const isLower = (a: Entry, b: Entry): boolean => a.time < b.time || (a.time === b.time && a.id < b.id);
