import { streamNames } from '@parley/contracts/wire/partition';
import type { Entry } from './entry.ts';
import { Fifo } from './fifo.ts';

class StreamRing {
  readonly entries = new Fifo<Entry>();
  /** Those that change who is in a room, and those of people. */
  readonly controls = new Fifo<Entry>();
  readonly people = new Fifo<Entry>();
  readonly bySubject = new Map<string, Fifo<Entry>>();
  /** Everything after this sequence is here. */
  floor = 0;
}

/**
 * The newest commits of every stream, in memory: what a resume is served from. Bounded by bytes for all streams
 * together and by age; whichever is less.
 */
export class Rings {
  readonly #rings = streamNames.map(() => new StreamRing());
  readonly #bytesMax: number;
  readonly #ageMsMax: number;
  #bytes = 0;

  constructor(bytesMax: number, ageMsMax: number) {
    this.#bytesMax = bytesMax;
    this.#ageMsMax = ageMsMax;
  }

  get bytes(): number {
    return this.#bytes;
  }
  /** Everything of a stream after this sequence is in memory. */
  floor(stream: number): number {
    return this.#rings[stream]?.floor ?? 0;
  }
  /** Says from where a stream will be read: nothing at or before `seq` will come. */
  begin(stream: number, seq: number): void {
    this.#ring(stream).floor = seq;
  }

  push(entry: Entry): void {
    const ring = this.#ring(entry.stream);
    ring.entries.push(entry);
    if (entry.isControl || entry.controls.length > 0) ring.controls.push(entry);
    if (entry.kind === 'user') ring.people.push(entry);
    const same = ring.bySubject.get(entry.subject);
    if (same) {
      same.push(entry);
    } else {
      const fresh = new Fifo<Entry>();
      fresh.push(entry);
      ring.bySubject.set(entry.subject, fresh);
    }
    this.#charge(entry);
  }

  /** Counts an entry anew: its frame was built or rewritten since it was pushed. */
  recount(entry: Entry): void {
    if (entry.charged > 0) this.#charge(entry);
  }

  /** Drops what is too old or too much. `nowMs`: milliseconds since 1970. */
  evict(nowMs: number): void {
    for (const ring of this.#rings) {
      while ((ring.entries.at(0)?.storedAtMs ?? nowMs) < nowMs - this.#ageMsMax) this.#dropFirst(ring);
    }
    while (this.#bytes > this.#bytesMax) {
      const oldest = this.#rings.filter((ring) => ring.entries.length > 0).reduce<StreamRing | undefined>((found, ring) => (!found || firstAt(ring) < firstAt(found) ? ring : found), undefined);
      if (!oldest) return;
      this.#dropFirst(oldest);
    }
  }

  /** Drops everything; what is asked for is read from the log again. */
  clear(): void {
    for (const ring of this.#rings) while (ring.entries.length > 0) this.#dropFirst(ring);
  }

  /** Commits of one aggregate after a sequence, ascending. */
  of(stream: number, subject: string, afterSeq: number): Entry[] {
    const same = this.#ring(stream).bySubject.get(subject);
    return same ? same.from(same.firstIndex((entry) => entry.seq > afterSeq)) : [];
  }
  /** Commits after a sequence that change who is in a room, ascending. */
  controls(stream: number, afterSeq: number): Entry[] {
    const { controls } = this.#ring(stream);
    return controls.from(controls.firstIndex((entry) => entry.seq > afterSeq));
  }
  /** Commits of people after a sequence, ascending. */
  people(stream: number, afterSeq: number): Entry[] {
    const { people } = this.#ring(stream);
    return people.from(people.firstIndex((entry) => entry.seq > afterSeq));
  }

  #charge(entry: Entry): void {
    this.#bytes += entry.cost - entry.charged;
    entry.charged = entry.cost;
  }

  #ring(stream: number): StreamRing {
    const ring = this.#rings[stream];
    if (!ring) throw new RangeError('there is no such stream');
    return ring;
  }

  #dropFirst(ring: StreamRing): void {
    const entry = ring.entries.shift();
    if (!entry) return;
    if (ring.controls.at(0) === entry) ring.controls.shift();
    if (ring.people.at(0) === entry) ring.people.shift();
    const same = ring.bySubject.get(entry.subject);
    same?.shift();
    if (same?.length === 0) ring.bySubject.delete(entry.subject);
    this.#bytes -= entry.charged;
    entry.charged = 0;
    ring.floor = entry.seq;
  }
}

const firstAt = (ring: StreamRing): number => ring.entries.at(0)?.storedAtMs ?? Number.POSITIVE_INFINITY;
