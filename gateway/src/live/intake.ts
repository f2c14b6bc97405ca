import type { NatsConnection } from '@nats-io/transport-node';
import { controlHeader, aggregateOfSubject, traceparentHeader } from '@parley/contracts/wire/subjects';
import { followStream, type StreamMessage } from '@parley/kernel/event-store/read-stream';
import { logger } from '@parley/kernel/telemetry/log';
import { Entry } from './entry.ts';
import { decodeEntry, type Opening } from './opening.ts';

const batchMessagesMax = 500;
const retryMs = 500;

/** What the intake asks of the hub, entry by entry, in the order of the stream. */
export type IntakeTarget = {
  /** Whether anybody here has to know what the commit says. */
  needsDecode(entry: Entry): boolean;
  /** Whether anybody here gets the commit as a frame. */
  needsBody(entry: Entry): boolean;
  /** Finds out whom a person's commit concerns, before it is delivered. */
  findAudience(entry: Entry): Promise<void>;
  deliver(entry: Entry): void;
  lastDelivered(stream: number): number;
  /** Everything of a batch was delivered. */
  settled(): void;
};

function entryOf(stream: number, message: StreamMessage): Entry | undefined {
  const aggregate = aggregateOfSubject(message.subject);
  if (!aggregate) return undefined;
  const { seq, subject, headers, storedAtMs } = message;
  // A copy: the message is a window on the whole chunk that came from the network.
  const bytes = Buffer.from(message.bytes);
  const traceparent = headers?.get(traceparentHeader) || undefined;
  return new Entry({ stream, seq, subject, kind: aggregate.kind, id: aggregate.id, bytes, storedAtMs, isControl: headers?.has(controlHeader) ?? false, traceparent });
}

/** Follows one stream for ever: one decode and one opening per commit, however many are here; none for what concerns nobody. */
export class Intake {
  readonly #target: IntakeTarget;
  readonly #opening: Opening;

  constructor(target: IntakeTarget, opening: Opening) {
    this.#target = target;
    this.#opening = opening;
  }

  /** Resolves when `signal` aborts. */
  async follow(nc: NatsConnection, stream: number, name: string, fromSeq: number, signal: AbortSignal): Promise<void> {
    let nextSeq = fromSeq;
    while (!signal.aborted) {
      try {
        for await (const batch of followStream(nc, name, nextSeq, { signal, batchMessagesMax })) {
          await this.take(batch.flatMap((message) => entryOf(stream, message) ?? []));
          nextSeq = (batch.at(-1)?.seq ?? nextSeq - 1) + 1;
        }
      } catch (error) {
        if (nc.isClosed()) return;
        logger('gateway').error({ err: error, stream: name }, 'following a stream failed; beginning again');
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  /** Delivers commits of one stream in their order. */
  async take(read: readonly Entry[]): Promise<void> {
    const target = this.#target;
    // A batch that failed halfway is read again.
    const entries = read.filter((entry) => entry.seq > target.lastDelivered(entry.stream));
    const heeded = entries.filter((entry) => target.needsDecode(entry) && decodeEntry(entry));
    const people = heeded.filter(({ kind }) => kind === 'user');
    if (people.length > 0) await Promise.all(people.map((entry) => target.findAudience(entry)));
    const wanted = heeded.filter((entry) => target.needsBody(entry));
    if (wanted.length > 0) await this.#opening.make(wanted);
    for (const entry of entries) {
      // Somebody may have come in while keys were fetched.
      if (!entry.body && target.needsDecode(entry) && decodeEntry(entry)) {
        if (entry.kind === 'user' && entry.audience === undefined) await target.findAudience(entry);
        if (target.needsBody(entry)) await this.#opening.make([entry]);
      }
      target.deliver(entry);
    }
    target.settled();
  }
}
