import { createHash } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { AggregateRef, Commit, StoredEvent } from '@parley/contracts/envelope/commit';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { encodeCommit, hashOf } from '@parley/kernel/event-store/commit-codec';

const inFlightMax = 512;
const author = '0190a3b0-1111-7000-8000-000000000001';
/** As long as a line of #ubuntu is once sealed. */
const sealedText = createHash('shake256', { outputLength: 117 }).update('a line').digest('base64url');

/** A room's log, well-formed by every rule, made without any service: what reads the log is tried and measured on it. */
export class PlainRoom {
  readonly aggregate: AggregateRef;
  #n = 0;
  #prev = '';
  #ordinal = 0;
  #atMs = Date.UTC(2026, 0, 1);
  #commands = 0;
  readonly #ws: string;

  constructor(id: string, ws = 'main') {
    this.aggregate = { kind: 'room', id };
    this.#ws = ws;
  }

  get subject(): string {
    return subjectOf(this.aggregate);
  }

  /** The next commit's bytes: the room's making when it is the first, else `messages` messages. */
  next(messages: number): Uint8Array {
    const events = this.#n === 0 ? this.#made() : Array.from({ length: messages }, () => this.#posted());
    this.#atMs += 1_000;
    const commit: Commit = { v: 1, ws: this.#ws, ...this.aggregate, n: this.#n + 1, prev: this.#prev, at: new Date(this.#atMs).toISOString(), events };
    const bytes = encodeCommit(commit);
    this.#n += events.length;
    this.#prev = hashOf(bytes);
    return bytes;
  }

  #commandId(): string {
    this.#commands += 1;
    return `0190a3b0-3333-7000-8000-${this.#commands.toString(16).padStart(12, '0')}`;
  }

  #made(): StoredEvent[] {
    const commandId = this.#commandId();
    return [
      { type: 'room.created', v: 2, commandId, by: author, data: { kind: 'public', history: 'all', createdBy: author }, sealed: { k: 'r', c: sealedText } },
      { type: 'room.member-joined', v: 1, commandId, by: author, data: { userId: author, role: 'owner' } },
    ];
  }

  #posted(): StoredEvent {
    const commandId = this.#commandId();
    this.#ordinal += 1;
    const data = { messageId: commandId, author, ordinal: this.#ordinal, hasLink: false, mentions: [], sentAt: '2004-11-15T09:30:00.000Z', source: { name: 'irc.2004-11-15.txt', line: this.#ordinal } };
    return { type: 'message.posted', v: 2, commandId, by: author, data, sealed: { k: `m:${author}:202601`, c: sealedText }, mac: 'AAAAAAAAAAAAAAAAAAAAAA' };
  }
}

export type PlainLogOptions = {
  readonly rooms: number;
  readonly commitsPerRoom: number;
  readonly messagesPerCommit: number;
  /** Beginning of the rooms' ids; another one makes other rooms. */
  readonly name?: string;
};

/** Writes rooms full of messages; resolves with how many commits and events that were. */
export async function writePlainLog(nc: NatsConnection, { rooms, commitsPerRoom, messagesPerCommit, name = 'plain' }: PlainLogOptions): Promise<{ readonly commits: number; readonly events: number }> {
  const js = jetstream(nc);
  const all = Array.from({ length: rooms }, (_, index) => new PlainRoom(`${name}-${index}`));
  let inFlight: Promise<unknown>[] = [];
  for (let commit = 0; commit <= commitsPerRoom; commit += 1) {
    for (const room of all) {
      inFlight.push(js.publish(room.subject, room.next(messagesPerCommit)));
      if (inFlight.length < inFlightMax) continue;
      await Promise.all(inFlight);
      inFlight = [];
    }
  }
  await Promise.all(inFlight);
  return { commits: rooms * (commitsPerRoom + 1), events: rooms * (2 + commitsPerRoom * messagesPerCommit) };
}
