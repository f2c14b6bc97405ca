import type { AggregateKind, AggregateRef } from '@parley/contracts/envelope/commit';
import type { ProblemCode } from '@parley/contracts/problems/codes';
import type { AppendOutcome } from './event-log.ts';

/** Something that should never happen and that a person should hear of. */
export type Alarm = {
  readonly alarm: 'broken-log' | 'newer-event' | 'clock-behind-log' | 'decider-threw' | 'append-threw' | 'snapshot-failed' | 'engine-threw';
  readonly aggregate: AggregateRef;
  readonly detail: string;
};

/** Where the write side tells what it does; every method is optional, called on the hot path, and must not throw. */
export type AggregateObserver = {
  /** An append ended. `ms` from sending to answer, `events` and `bytes` of its commit. */
  appended?(kind: AggregateKind, outcome: AppendOutcome['outcome'], ms: number, events: number, bytes: number): void;
  /** A command was answered: 'ok', 'no-op', 'repeated' or the code of its problem. */
  answered?(kind: AggregateKind, commandType: string, code: 'ok' | 'no-op' | 'repeated' | ProblemCode): void;
  /** An aggregate was brought into memory: `events` read from the log, after a snapshot or from the beginning. */
  loaded?(kind: AggregateKind, ms: number, events: number, fromSnapshot: boolean): void;
  alarm?(alarm: Alarm): void;
};
