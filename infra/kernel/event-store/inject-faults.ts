import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { type EventLog, LogUnavailable } from './event-log.ts';

/** What goes wrong with one call. Each is something JetStream was seen to do. */
export type LogFault =
  /** Stored, but the acknowledgement never comes. */
  | { readonly fault: 'ack-lost' }
  /** No answer; it is sent `afterMs` later, or on `landLate()`, and lands if its expectation still holds then. */
  | { readonly fault: 'lands-late'; readonly afterMs?: number }
  /** No answer, and it never lands. */
  | { readonly fault: 'lost' }
  /** Somebody else's append is in flight (10164): conflict, with nothing new to read yet. */
  | { readonly fault: 'in-flight-conflict' }
  | { readonly fault: 'storage-full' | 'rejected' | 'too-large' }
  | { readonly fault: 'unreadable' }
  /** Nothing goes wrong, but it takes a while, or until a promise settles. */
  | { readonly fault: 'slow'; readonly ms?: number; readonly until?: Promise<unknown> };

export type LogCall = {
  readonly call: 'append' | 'lastSeq' | 'read' | 'readAt';
  readonly aggregate: AggregateRef;
  readonly expectedSeq?: number;
  readonly bytes?: Uint8Array;
};
/** Asked before every call; undefined: nothing goes wrong. */
export type FaultScript = (call: LogCall) => LogFault | undefined;

export type FaultyLog = EventLog & {
  /** Sends everything that was to land late, and resolves when the log has taken or refused it. */
  landLate(): Promise<void>;
  /** How often each call was made. */
  readonly calls: Readonly<Record<LogCall['call'], number>>;
};

/** Any log, with the faults that a script chooses. For tests. */
export function injectFaults(log: EventLog, script: FaultScript): FaultyLog {
  const late = new Set<() => Promise<unknown>>();
  const calls = { append: 0, lastSeq: 0, read: 0, readAt: 0 };
  const begin = async (call: LogCall): Promise<LogFault | undefined> => {
    calls[call.call] += 1;
    const fault = script(call);
    if (fault?.fault === 'slow') {
      await fault.until;
      if (fault.ms !== undefined) await new Promise<void>((resolve) => { setTimeout(resolve, fault.ms); });
    }
    return fault;
  };
  const beginRead = async (call: LogCall['call'], aggregate: AggregateRef): Promise<void> => {
    const fault = await begin({ call, aggregate });
    if (fault?.fault === 'unreadable') throw new LogUnavailable('the script says the log cannot be read');
  };
  const landLater = (land: () => Promise<unknown>, afterMs: number | undefined): void => {
    const once = async (): Promise<void> => {
      if (late.delete(once)) await land();
    };
    late.add(once);
    if (afterMs !== undefined) setTimeout(() => { once().catch(() => {}); }, afterMs);
  };

  return {
    calls,
    async landLate() {
      await Promise.all([...late].map((land) => land()));
    },
    async append(aggregate, expectedSeq, bytes, headers) {
      const fault = await begin({ call: 'append', aggregate, expectedSeq, bytes });
      switch (fault?.fault) {
        case 'ack-lost':
          await log.append(aggregate, expectedSeq, bytes, headers);
          return { outcome: 'unknown', detail: 'the acknowledgement was lost' };
        case 'lands-late':
          landLater(() => log.append(aggregate, expectedSeq, bytes, headers), fault.afterMs);
          return { outcome: 'unknown', detail: 'timed out' };
        case 'lost':
          return { outcome: 'unknown', detail: 'timed out' };
        case 'in-flight-conflict':
          return { outcome: 'conflict' };
        case 'storage-full':
        case 'rejected':
        case 'too-large':
          return { outcome: 'not-stored', reason: fault.fault, detail: 'the script says so' };
        default:
          return log.append(aggregate, expectedSeq, bytes, headers);
      }
    },
    async lastSeq(aggregate) {
      await beginRead('lastSeq', aggregate);
      return log.lastSeq(aggregate);
    },
    async *read(aggregate, afterSeq) {
      await beginRead('read', aggregate);
      yield* log.read(aggregate, afterSeq);
    },
    async readAt(aggregate, seq) {
      await beginRead('readAt', aggregate);
      return log.readAt(aggregate, seq);
    },
    epoch: (aggregate) => log.epoch(aggregate),
  };
}
