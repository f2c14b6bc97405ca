import type { AggregateRef, Commit, StoredEvent } from '@parley/contracts/envelope/commit';
import { commitBytesMax, commitEventsMax } from '@parley/contracts/envelope/limits';
import { eventDefinition, events, upcast } from '@parley/contracts/registry/events';
import { visibilityEvents } from '@parley/contracts/rooms/events';
import { aggregateOfSubject, subjectOf } from '@parley/contracts/wire/subjects';
import { BrokenChain, firstLink, type Link, nextLink } from '@parley/kernel/event-store/chain';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import type { StreamMessage } from '@parley/kernel/event-store/read-stream';
import { type Finding, findingsMax } from './finding.ts';
import { quickShape } from './quick-shape.ts';

/** A commit's time may run ahead of the moment it was stored by five seconds, and two clocks by two. */
const aheadMsMax = 7_000;

/** What is known of one aggregate after its commits so far. */
export type Verified = { readonly link: Link; readonly ordinal: number };
/** Instants that need no calendar to be seen as such: every month has 28 days. */
const usualInstant = /^2\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
type Known = { readonly aggregate: AggregateRef; link: Link; ordinal: number; broken: boolean };

/**
 * Checks commits as they lie in the log, in order: envelope, numbers without a gap, hash chain, times, known and
 * well-formed events, dense ordinals, and that nothing which changes who may see shares a commit with another command.
 * It trusts nothing that a service computed. After the first fault of an aggregate that aggregate is passed over,
 * because everything behind it would be one too.
 */
export class CommitChecker {
  readonly #ws: string;
  readonly #known = new Map<string, Known>();
  readonly findings: Finding[] = [];
  commits = 0;
  events = 0;

  constructor(ws: string) {
    this.#ws = ws;
  }

  get aggregates(): number {
    return this.#known.size;
  }

  /** Goes on behind what was verified before, by subject. */
  resume(subject: string, { link, ordinal }: Verified): void {
    const aggregate = aggregateOfSubject(subject);
    if (aggregate && isOwnSubject(aggregate, subject)) this.#known.set(subject, { aggregate, link, ordinal, broken: false });
  }

  /** The end of every aggregate that was checked, by subject. */
  heads(): IterableIterator<[string, Verified]> {
    return this.#known.entries();
  }

  check(stream: string, { seq, subject, bytes, storedAtMs }: Pick<StreamMessage, 'seq' | 'subject' | 'bytes' | 'storedAtMs'>): void {
    this.commits += 1;
    const known = this.#knownOf(subject);
    if (!known) return this.#found({ check: 'stream', stream, seq, what: `a message on ${subject}, which is no aggregate's subject` });
    if (known.broken) return;
    const { aggregate } = known;
    const fault = this.#follow(known, aggregate, seq, bytes, storedAtMs);
    if (!fault) return;
    known.broken = true;
    this.#found({ stream, seq, kind: aggregate.kind, id: aggregate.id, n: known.link.n + 1, ...fault });
  }

  #knownOf(subject: string): Known | undefined {
    const met = this.#known.get(subject);
    if (met) return met;
    const aggregate = aggregateOfSubject(subject);
    if (!aggregate || !isOwnSubject(aggregate, subject)) return undefined;
    const known = { aggregate, link: firstLink, ordinal: 0, broken: false };
    this.#known.set(subject, known);
    return known;
  }

  #follow(known: Known, aggregate: AggregateRef, seq: number, bytes: Uint8Array, storedAtMs: number): Pick<Finding, 'check' | 'what' | 'n'> | undefined {
    let commit: Commit;
    try {
      commit = decodeCommit(bytes);
    } catch (error) {
      return { check: 'envelope', what: messageOf(error) };
    }
    const before = known.link;
    try {
      known.link = nextLink(before, this.#ws, aggregate, commit, bytes, seq);
    } catch (error) {
      if (!(error instanceof BrokenChain)) throw error;
      return { check: commit.n === before.n + 1 ? 'chain' : 'numbering', what: error.message };
    }
    this.events += commit.events.length;
    const fault = sizeFault(commit, bytes) ?? timeFault(before.at, commit, storedAtMs) ?? visibilityFault(commit) ?? this.#eventFault(known, commit);
    if (fault) known.link = before;
    return fault;
  }

  #eventFault(known: Known, commit: Commit): Pick<Finding, 'check' | 'what' | 'n'> | undefined {
    for (const [index, stored] of commit.events.entries()) {
      const n = commit.n + index;
      const fault = shapeFault(stored);
      if (fault !== undefined) return { check: 'event', what: fault, n };
      const { data } = stored;
      if (stored.type === 'message.posted') {
        if (data['ordinal'] !== known.ordinal + 1) return { check: 'ordinal', what: `message ${String(data['ordinal'])} follows message ${known.ordinal}`, n };
        known.ordinal += 1;
      }
      if (typeof data['targetN'] === 'number' && data['targetN'] >= n) return { check: 'event', what: `it is about event ${data['targetN']}, which comes later`, n };
    }
    return undefined;
  }

  #found(finding: Finding): void {
    if (this.findings.length < findingsMax) this.findings.push(finding);
  }
}

function isOwnSubject(aggregate: AggregateRef, subject: string): boolean {
  try {
    return subjectOf(aggregate) === subject;
  } catch {
    return false;
  }
}

type Fault = Pick<Finding, 'check' | 'what' | 'n'> | undefined;

function sizeFault({ events }: Commit, bytes: Uint8Array): Fault {
  if (events.length > commitEventsMax) return { check: 'envelope', what: `${events.length} events in one commit` };
  return bytes.length > commitBytesMax ? { check: 'envelope', what: `${bytes.length} bytes in one commit` } : undefined;
}

function timeFault(before: string, { at }: Commit, storedAtMs: number): Fault {
  const atMs = Date.parse(at);
  if (!usualInstant.test(at) && new Date(atMs).toISOString() !== at) return { check: 'time', what: `${at} is not an instant with milliseconds` };
  if (at < before) return { check: 'time', what: `${at} comes after ${before}` };
  return atMs - storedAtMs > aheadMsMax ? { check: 'time', what: `${at} was stored at ${new Date(storedAtMs).toISOString()}` } : undefined;
}

function visibilityFault({ events }: Commit): Fault {
  if (events.length === 1) return undefined;
  const isMixed = events.some(({ type }) => visibilityEvents.has(type)) && events.some(({ commandId }) => commandId !== events[0]?.commandId);
  return isMixed ? { check: 'visibility', what: 'what changes who may see shares a commit with another command' } : undefined;
}

const quick: ReadonlyMap<string, { readonly v: number; readonly test: (data: unknown) => boolean }> = new Map(
  events.flatMap(({ type, v, data }) => {
    const test = quickShape(data);
    return test ? [[type, { v, test }]] : [];
  }),
);

/** Most events are of the newest version and plainly right; the schema itself decides about every other. */
function shapeFault(stored: StoredEvent): string | undefined {
  const usual = quick.get(stored.type);
  if (usual && usual.v === stored.v && usual.test(stored.data)) return undefined;
  try {
    const event = upcast(stored);
    const parsed = eventDefinition(event.type)?.data.safeParse(event.data);
    return parsed?.success === false ? `${stored.type} v${stored.v}: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ')}` : undefined;
  } catch (error) {
    return messageOf(error);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
