import { describe, expect, test } from 'vitest';
import { latencyBoundariesMs, meter, metricsText, startTelemetry } from './telemetry.ts';

// Made before telemetry was started, as a module does that creates its instruments when it is loaded.
const early = meter().createCounter('spec_early_total');
const identity = { service: 'spec', instance: 'i1', version: '0.1.0' };

describe('telemetry', () => {
  test('serves counters, histograms and the process in the text format of Prometheus', async () => {
    early.add(2, { kind: 'room' });
    const telemetry = startTelemetry(identity);
    telemetry.meter.createHistogram('spec_latency_ms', { advice: { explicitBucketBoundaries: [...latencyBoundariesMs] } }).record(3);
    const text = await telemetry.metricsText();
    expect(text).toContain('spec_early_total{kind="room"} 2');
    expect(text).toContain('spec_latency_ms_bucket{le="5"} 1');
    expect(text).toContain('parley_build_info{service="spec",instance="i1",version="0.1.0"} 1');
    for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'nodejs_heap_used_bytes', 'nodejs_eventloop_delay_seconds{quantile="0.99"}']) {
      expect(text).toMatch(new RegExp(`^${RegExp.escape(name)} ?[0-9.e+-]+$`, 'm'));
    }
    expect(text).not.toContain('NaN');
    await telemetry.shutdown();
  });

  test('is one for the process: the last user ends it', async () => {
    const first = startTelemetry(identity);
    const second = startTelemetry({ ...identity, service: 'other' });
    expect(second).toBe(first);
    await second.shutdown();
    expect(await metricsText()).toContain('parley_build_info{service="spec"');
    expect(startTelemetry(identity)).toBe(first);
    await first.shutdown();
    await first.shutdown();
    await first.shutdown();
    const next = startTelemetry(identity);
    expect(next).not.toBe(first);
    await next.shutdown();
  });
});
