import { latencyBoundariesMs, meter } from '@parley/kernel/telemetry/telemetry';
import { withSpan } from '@parley/kernel/telemetry/trace';
import type { DeliveryTally } from './live/delivery-stat.ts';
import type { Outgoing } from './live/outgoing.ts';

/** What a gateway measures. Names are part of dashboards: they only grow. */
export type GatewayMetrics = {
  command(type: string, outcome: string, tookMs: number): void;
  /** Frames leave now. */
  flushed(items: readonly Outgoing[]): void;
  closed(format: string, code: number): void;
  resumed(outcome: string, reason: string | undefined, missed: number): void;
  refusedHello(why: string): void;
  throttled(): void;
};

export type Observed = { readonly sockets: number; readonly streams: number; readonly people: number; readonly rooms: number; readonly ringBytes: number; readonly queuedBytes: number };

const latency = { advice: { explicitBucketBoundaries: [...latencyBoundariesMs] } };

/** What metrics are asked of, and told besides. */
export type MetricsParts = {
  /** Called when metrics are read. */
  readonly observe: () => Observed | undefined;
  readonly limitsShare: () => number;
  /** Counts commits on their way to sockets. */
  readonly deliveries: Pick<DeliveryTally, 'count'>;
};

/** Instruments of this process. */
export function createMetrics({ observe, limitsShare, deliveries }: MetricsParts): GatewayMetrics {
  const commands = meter().createCounter('parley_gateway_commands_total', { description: 'Commands by type and outcome' });
  const commandMs = meter().createHistogram('parley_gateway_command_ms', { description: 'From a command’s arrival to its answer', ...latency });
  const frames = meter().createCounter('parley_gateway_frames_total', { description: 'Frames built, each written to many' });
  const fanoutMs = meter().createHistogram('parley_gateway_fanout_ms', { description: 'From a commit’s storing to the writing of its frame', ...latency });
  const closes = meter().createCounter('parley_gateway_closes_total', { description: 'Connections closed, by kind and code' });
  const resumes = meter().createCounter('parley_gateway_resumes_total', { description: 'How readers began: fresh, resumed, reset' });
  const missed = meter().createCounter('parley_gateway_resumed_frames_total', { description: 'Frames sent to readers that came back' });
  const hellos = meter().createCounter('parley_gateway_refused_hellos_total', { description: 'Sign-ons refused, by reason' });
  const throttled = meter().createCounter('parley_gateway_throttled_total', { description: 'Times a socket was held back for sending too fast' });
  const gauge = (name: string, description: string, value: (observed: Observed) => number): void => {
    meter().createObservableGauge(name, { description }).addCallback((result) => {
      const observed = observe();
      if (observed) result.observe(value(observed));
    });
  };
  meter().createObservableGauge('parley_gateway_limits_share', { description: '1 while limits are shared with the other gateways; else the part of them that this one grants' }).addCallback((result) => result.observe(limitsShare()));
  gauge('parley_gateway_sockets', 'Open sockets', ({ sockets }) => sockets);
  gauge('parley_gateway_event_streams', 'Open event streams', ({ streams }) => streams);
  gauge('parley_gateway_people', 'People known here', ({ people }) => people);
  gauge('parley_gateway_rooms', 'Rooms somebody here sits in', ({ rooms }) => rooms);
  gauge('parley_gateway_ring_bytes', 'Memory of the newest commits', ({ ringBytes }) => ringBytes);
  gauge('parley_gateway_queued_bytes', 'Bytes written that readers have not taken', ({ queuedBytes }) => queuedBytes);

  return {
    command(type, outcome, tookMs) {
      commands.add(1, { type, outcome });
      commandMs.record(tookMs);
    },
    flushed(items) {
      frames.add(items.length);
      const nowMs = Date.now();
      for (const { storedAtMs, entry } of items) {
        const tookMs = Math.max(0, nowMs - storedAtMs);
        fanoutMs.record(tookMs);
        if (entry) deliveries.count(tookMs, nowMs);
        if (entry?.traceparent !== undefined) withSpan('gateway.push', { parent: entry.traceparent, attributes: { 'parley.kind': entry.kind, 'parley.n': entry.n } }, () => {});
      }
    },
    closed: (format, code) => closes.add(1, { format, code }),
    resumed(outcome, reason, count) {
      resumes.add(1, { outcome, reason: reason ?? '' });
      missed.add(count);
    },
    refusedHello: (why) => hellos.add(1, { why }),
    throttled: () => throttled.add(1),
  };
}
