import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { streamOf } from '@parley/contracts/wire/partition';
import { subjectOf } from '@parley/contracts/wire/subjects';
import type { EventLog, StoredCommit } from './event-log.ts';
import { type FaultScript, type FaultyLog, injectFaults } from './inject-faults.ts';

export type MemoryLogOptions = { readonly script?: FaultScript; readonly epoch?: string; readonly nowMs?: () => number };

type Stored = StoredCommit & { readonly subject: string };

/** The log in memory: the same promises as JetStream's, with faults that a script chooses. For specs, and as the plainest statement of the port. */
export function createMemoryLog({ script = () => undefined, epoch = 'memory00', nowMs = Date.now }: MemoryLogOptions = {}): FaultyLog {
  return injectFaults(plainLog(epoch, nowMs), script);
}

function plainLog(epoch: string, nowMs: () => number): EventLog {
  const streams = new Map<string, Stored[]>();
  const subjects = new Map<string, Stored[]>();
  const under = (map: Map<string, Stored[]>, key: string): Stored[] => {
    const list = map.get(key) ?? [];
    map.set(key, list);
    return list;
  };
  const commitsOf = (aggregate: AggregateRef): Stored[] => under(subjects, subjectOf(aggregate));

  return {
    async append(aggregate, expectedSeq, bytes) {
      await nextTurn();
      const own = commitsOf(aggregate);
      if ((own.at(-1)?.seq ?? 0) !== expectedSeq) return { outcome: 'conflict' };
      const stream = under(streams, streamOf(aggregate));
      const stored = { seq: stream.length + 1, bytes: Uint8Array.from(bytes), storedAtMs: nowMs(), subject: subjectOf(aggregate) };
      stream.push(stored);
      own.push(stored);
      await nextTurn();
      return { outcome: 'stored', seq: stored.seq };
    },
    async lastSeq(aggregate) {
      await nextTurn();
      return commitsOf(aggregate).at(-1)?.seq ?? 0;
    },
    async *read(aggregate, afterSeq) {
      await nextTurn();
      // A reader sees the head of the moment it began.
      const present = commitsOf(aggregate).slice();
      for (const commit of present) if (commit.seq > afterSeq) yield commit;
    },
    async readAt(aggregate, seq) {
      await nextTurn();
      const found = under(streams, streamOf(aggregate))[seq - 1];
      return found?.subject === subjectOf(aggregate) ? found : undefined;
    },
    async epoch() {
      return epoch;
    },
  };
}

/** Every call takes at least one turn of the event loop, as a network would. */
const nextTurn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });
