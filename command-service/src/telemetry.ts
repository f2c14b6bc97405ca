import type { AggregateKind } from '@parley/contracts/envelope/commit';
import type { AggregateObserver, Alarm } from '@parley/kernel/event-store/observer';
import { logger } from '@parley/kernel/telemetry/log';
import { latencyBoundariesMs, meter } from '@parley/kernel/telemetry/telemetry';

/** Every fact this service counts, one function each. Ids stay out of labels: each value would be a series of its own. */
const histogram = (name: string, unit: string, description: string, boundaries: readonly number[]) =>
  meter().createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: [...boundaries] } });

const answered = meter().createCounter('parley.commands', { description: 'Commands answered, by outcome' });
const commandMs = histogram('parley.command.duration', 'ms', 'From a request’s arrival to its answer', latencyBoundariesMs);
const appendMs = histogram('parley.append.duration', 'ms', 'From sending a commit to its acknowledgement', latencyBoundariesMs);
const commitEvents = histogram('parley.commit.events', '{event}', 'Events per commit', [1, 2, 4, 8, 16, 32, 64, 128]);
const commitBytes = histogram('parley.commit.size', 'By', 'Bytes per commit', [256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536]);
const loadMs = histogram('parley.load.duration', 'ms', 'To bring an aggregate into memory', latencyBoundariesMs);
const turns = histogram('parley.turn.commands', '{command}', 'Commands handed over together to one aggregate', [1, 2, 4, 8, 16, 32, 64, 128, 256, 1_024]);
const turnedAway = meter().createCounter('parley.requests.turned_away', { description: 'Requests refused before they were read' });
const asked = meter().createCounter('parley.questions', { description: 'Questions to the write model' });
const alarms = meter().createCounter('parley.alarms', { description: 'Things that should never happen' });
const errands = meter().createCounter('parley.roll_forward.errands', { description: 'Unfinished names taken to their end' });

type DoorGauges = { readonly inFlight: () => number; readonly waiting: () => number; readonly loaded: () => number; readonly skewMs: () => number | undefined };

/** Watches how much is in hand; returns how to stop watching. */
export function observeDoor({ inFlight, waiting, loaded, skewMs }: DoorGauges): () => void {
  const gauges = [
    { gauge: meter().createObservableGauge('parley.commands.in_flight', { description: 'Requests taken and not answered' }), read: inFlight },
    { gauge: meter().createObservableGauge('parley.queue.length', { description: 'Commands waiting for their aggregate' }), read: waiting },
    { gauge: meter().createObservableGauge('parley.aggregates.loaded', { description: 'Aggregates in memory' }), read: loaded },
    { gauge: meter().createObservableGauge('parley.clock.skew', { unit: 'ms', description: 'Own clock against the log’s' }), read: skewMs },
  ].map(({ gauge, read }) => {
    const observe = (result: { observe(value: number): void }): void => {
      const value = read();
      if (value !== undefined) result.observe(value);
    };
    gauge.addCallback(observe);
    return () => gauge.removeCallback(observe);
  });
  return () => gauges.forEach((stop) => stop());
}

export function commandAnswered(command: string, outcome: string, ms: number): void {
  answered.add(1, { command, outcome });
  commandMs.record(ms, { outcome: outcome === 'ok' || outcome === 'repeated' ? 'ok' : 'refused' });
}

export function requestTurnedAway(reason: 'overloaded' | 'malformed' | 'late'): void {
  turnedAway.add(1, { reason });
}

export function questionAnswered(ask: string, ok: boolean): void {
  asked.add(1, { ask, outcome: ok ? 'ok' : 'refused' });
}

export function turnTaken(kind: AggregateKind, commands: number): void {
  turns.record(commands, { kind });
}

export function errandRan(errand: string, isDone: boolean): void {
  errands.add(1, { errand, outcome: isDone ? 'done' : 'again' });
}

export function alarmRaised({ alarm, aggregate, detail }: Alarm): void {
  alarms.add(1, { alarm });
  logger('command-service').error({ alarm, kind: aggregate.kind, id: aggregate.id, detail }, 'alarm');
}

/** What the engine of aggregates tells. */
export const aggregateObserver: AggregateObserver = {
  appended(kind, outcome, ms, events, bytes) {
    appendMs.record(ms, { kind, outcome });
    commitEvents.record(events, { kind });
    commitBytes.record(bytes, { kind });
  },
  loaded(kind, ms, _events, fromSnapshot) {
    loadMs.record(ms, { kind, from: fromSnapshot ? 'snapshot' : 'log' });
  },
  alarm: alarmRaised,
};
