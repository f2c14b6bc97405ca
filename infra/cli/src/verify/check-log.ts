import type { NatsConnection } from '@nats-io/transport-node';
import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { streamNames, streamOf } from '@parley/contracts/wire/partition';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { streamState } from '@parley/kernel/event-store/read-stream';
import { checkStream, type StreamReport } from './check-stream.ts';
import { CommitChecker } from './commit-checker.ts';
import { type Finding, findingsMax } from './finding.ts';
import type { WatermarkStore } from './watermark.ts';

/** `commits` and `events` were read now; `before` of them were verified by an earlier run and not read again. */
export type LogReport = { readonly commits: number; readonly events: number; readonly aggregates: number; readonly before: { readonly commits: number; readonly events: number }; readonly findings: readonly Finding[] };

export type CheckLogOptions = {
  readonly signal: AbortSignal;
  /** Told now and then how many commits were read so far, and of which stream. */
  readonly onProgress?: (commits: number, stream: string) => void;
  /** Where earlier runs left word how far they came; without, everything is read. */
  readonly watermarks?: WatermarkStore | undefined;
};

/** While one stream's next pull is on its way another's is looked at. */
const streamsAtOnce = 3;

/** How much there is to check: commits of all streams. */
export async function commitsInLog(nc: NatsConnection): Promise<number> {
  const states = await Promise.all(streamNames.map((name) => streamState(nc, name)));
  return states.reduce((sum, { firstSeq, lastSeq }) => sum + Math.max(0, lastSeq - firstSeq + 1), 0);
}

/**
 * Reads every stream from its first message, or from where an earlier run came to, to what was its last when this
 * began, and checks all of it. When `signal` aborts, what was verified so far is kept in the watermarks before it throws.
 */
export async function checkLog(nc: NatsConnection, ws: string, { signal, onProgress = () => {}, watermarks }: CheckLogOptions): Promise<LogReport> {
  const read = new Map<string, number>();
  const waiting = [...streamNames];
  const reports: StreamReport[] = [];
  const lane = async (): Promise<void> => {
    for (let stream = waiting.shift(); stream !== undefined; stream = waiting.shift()) {
      signal.throwIfAborted();
      const name = stream;
      reports.push(await checkStream(nc, ws, name, {
        signal, watermarks,
        onProgress: (commits) => {
          read.set(name, commits);
          onProgress([...read.values()].reduce((sum, count) => sum + count, 0), name);
        },
      }));
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: streamsAtOnce }, lane));
  for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason;
  const sum = (of: (report: StreamReport) => number): number => reports.reduce((total, report) => total + of(report), 0);
  return {
    commits: sum(({ commits }) => commits), events: sum(({ events }) => events), aggregates: sum(({ aggregates }) => aggregates),
    before: { commits: sum(({ before }) => before.commits), events: sum(({ before }) => before.events) },
    findings: reports.toSorted((a, b) => streamNames.indexOf(a.stream) - streamNames.indexOf(b.stream)).flatMap(({ findings }) => findings).slice(0, findingsMax),
  };
}

/** Checks one aggregate alone, from its beginning. */
export async function checkAggregate(nc: NatsConnection, ws: string, aggregate: AggregateRef): Promise<LogReport> {
  const checker = new CommitChecker(ws);
  const log = await openJetStreamLog(nc);
  for await (const stored of log.read(aggregate, 0)) checker.check(streamOf(aggregate), { ...stored, subject: subjectOf(aggregate) });
  const { commits, events, aggregates, findings } = checker;
  return { commits, events, aggregates, before: { commits: 0, events: 0 }, findings };
}
