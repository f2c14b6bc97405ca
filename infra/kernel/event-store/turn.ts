import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { commandBytesMax, commandEventsMax, commandIdAheadMsMax, commitBytesMax, commitEventsMax } from '@parley/contracts/envelope/limits';
import { timestampOf } from '@parley/contracts/ids';
import { problem, type ProblemCode, problems } from '@parley/contracts/problems/codes';
import { eventDefinition } from '@parley/contracts/registry/events';
import { forOldestReader } from '@parley/contracts/registry/writing';
import { visibilityEvents } from '@parley/contracts/rooms/events';
import { encodeEnvelope, encodeEvent } from './commit-codec.ts';
import type { Confirmed, DecidedEvent, ErasedDecider } from './confirmed.ts';
import type { Pending, PreparedCommand } from './pending.ts';

/** What a turn needs to know that does not change from turn to turn. */
export type TurnRules = {
  readonly ws: string;
  readonly aggregate: AggregateRef;
  readonly decider: ErasedDecider;
  readonly deciderThrew: (commandType: string, error: unknown) => void;
  /** What a commit of this aggregate takes without its events, at most. */
  readonly envelopeBytes: number;
};

/** Room that the headers of a commit's message take of its 64 kB. */
const headerBytesMax = 256;
const turnCommandsMax = 1_024;
const hashChars = 43;

/** Bytes of an aggregate's commit without events, its numbers at their longest, with room for the message's headers. */
export function envelopeBytesOf(ws: string, { kind, id }: AggregateRef): number {
  const longest = { ws, kind, id, n: Number.MAX_SAFE_INTEGER, prev: 'x'.repeat(hashChars), at: new Date(0).toISOString() };
  return encodeEnvelope(longest, []).length + headerBytesMax;
}

/**
 * One turn of an aggregate: waiting commands are decided in order, each on the state that those before it leave, and
 * what they cause becomes one commit. All of it is provisional until that commit is stored.
 */
export class Turn {
  readonly entries: Pending[] = [];
  readonly at: string;
  readonly firstN: number;
  state: unknown;
  n: number;
  /** The commit changes who may see the room. */
  hasVisibilityEvent = false;
  traceparent: string | undefined;
  readonly #rules: TurnRules;
  readonly #confirmed: Confirmed;
  readonly #nowMs: number;
  readonly #oldestRelease: string;
  readonly #encoded: string[] = [];
  readonly #decided = new Map<string, Pending>();
  #bytes: number;
  #closed = false;

  constructor(rules: TurnRules, confirmed: Confirmed, nowMs: number, oldestRelease: string) {
    const { link } = confirmed;
    this.#rules = rules;
    this.#confirmed = confirmed;
    this.#nowMs = nowMs;
    this.#oldestRelease = oldestRelease;
    const now = isoOf(nowMs);
    // Time never runs backwards within an aggregate, even if the last commit came from a clock ahead of ours.
    this.at = now > link.at ? now : link.at;
    this.state = confirmed.state;
    this.n = link.n;
    this.firstN = link.n + 1;
    this.#bytes = rules.envelopeBytes;
  }

  /** How many events the commit has. */
  get events(): number {
    return this.#encoded.length;
  }

  /** The commit as it would be stored. */
  encode(): Uint8Array {
    const { ws, aggregate } = this.#rules;
    return encodeEnvelope({ ws, kind: aggregate.kind, id: aggregate.id, n: this.firstN, prev: this.#confirmed.link.prev, at: this.at }, this.#encoded);
  }

  /** Decides one waiting command; false if it has to wait for the next turn. */
  take(pending: Pending): boolean {
    const { command } = pending;
    if (this.#closed || this.entries.length >= turnCommandsMax) return false;
    if (command?.alone && this.events > 0) return false;
    if (command === undefined) pending.verdict = 'read';
    else if (!this.#recognise(pending, command) && !this.#decide(pending, command)) return false;
    this.entries.push(pending);
    if (command?.alone && pending.verdict === 'events') this.#closed = true;
    return true;
  }

  /** True if the command's id alone settles it: it was done, is being done, or cannot be told apart from one that was. */
  #recognise(pending: Pending, command: PreparedCommand): boolean {
    const twin = this.#decided.get(command.id);
    if (twin?.command) {
      if (!pending.isOf({ by: twin.command.caller.userId, mac: twin.command.mac })) return refuse(pending, 'id-reused');
      pending.verdict = 'same';
      pending.sameAs = twin;
      return true;
    }
    const time = timestampOf(command.id);
    const known = this.#confirmed.remembered.lookup(command.id, time);
    if (typeof known === 'object') {
      if (!pending.isOf(known)) return refuse(pending, 'id-reused');
      pending.verdict = 'known';
      pending.known = known;
      return true;
    }
    if (known === 'too-old') return refuse(pending, 'id-too-old');
    return time > this.#nowMs + commandIdAheadMsMax ? refuse(pending, 'id-in-future') : false;
  }

  /** False if the command is fine but no longer fits into this commit. */
  #decide(pending: Pending, command: PreparedCommand): boolean {
    let encoded: string[];
    let { state } = this;
    let hasVisibilityEvent = false;
    let bytes = 0;
    try {
      const decision = this.#rules.decider.decide(state, command.command);
      if ('refused' in decision) return refuse(pending, decision.refused in problems ? (decision.refused as ProblemCode) : 'internal', decision.detail);
      const { accepted } = decision;
      if (accepted.length > commandEventsMax) return refuse(pending, 'too-large', `a command may cause ${commandEventsMax} events at most`);
      encoded = [];
      for (let index = 0; index < accepted.length; index += 1) {
        const event = accepted[index] as DecidedEvent;
        const json = this.#encode(event, command, index);
        encoded.push(json);
        bytes += Buffer.byteLength(json) + 1;
        state = this.#rules.decider.evolve(state, event, { n: this.n + index + 1, by: command.caller.userId, at: this.at, commandId: command.id });
        hasVisibilityEvent ||= visibilityEvents.has(event.type);
      }
    } catch (error) {
      this.#rules.deciderThrew(command.type, error);
      return refuse(pending, 'internal');
    }
    if (bytes > commandBytesMax) return refuse(pending, 'too-large', `a command may cause ${commandBytesMax} bytes at most`);
    if (this.events + encoded.length > commitEventsMax || this.#bytes + bytes > commitBytesMax) return false;
    this.#adopt(pending, command, encoded, bytes, state, hasVisibilityEvent);
    return true;
  }

  #adopt(pending: Pending, command: PreparedCommand, encoded: readonly string[], bytes: number, state: unknown, hasVisibilityEvent: boolean): void {
    if (encoded.length === 0) {
      pending.verdict = 'no-op';
      return;
    }
    pending.verdict = 'events';
    pending.n = this.n + 1;
    pending.events = encoded.length;
    for (const json of encoded) this.#encoded.push(json);
    this.#bytes += bytes;
    this.n += encoded.length;
    this.state = state;
    this.hasVisibilityEvent ||= hasVisibilityEvent;
    this.traceparent ??= command.traceparent;
    this.#decided.set(command.id, pending);
  }

  #encode({ type, data }: DecidedEvent, command: PreparedCommand, index: number): string {
    const definition = eventDefinition(type);
    if (definition === undefined) throw new Error(`the decider made an event of unknown type ${type}`);
    const { seals, mac } = command;
    const event = { type, v: definition.v, commandId: command.id, by: command.caller.userId, data, sealed: seals[index], mac: index === 0 ? mac : undefined };
    // An absent field and an undefined one are the same to the encoder.
    return encodeEvent(forOldestReader(event, this.#oldestRelease));
  }
}

let lastIso = { ms: Number.NaN, text: '' };
/** Many turns share a millisecond. */
function isoOf(ms: number): string {
  if (ms !== lastIso.ms) lastIso = { ms, text: new Date(ms).toISOString() };
  return lastIso.text;
}

function refuse(pending: Pending, code: ProblemCode, detail?: string): true {
  pending.verdict = 'refused';
  pending.problem = problem(code, detail === undefined ? {} : { detail });
  return true;
}
