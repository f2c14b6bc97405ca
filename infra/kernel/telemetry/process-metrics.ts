import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { BatchObservableCallback, Meter, Observable } from '@opentelemetry/api';

const RESOLUTION_MS = 20;

/**
 * Observes this process: memory, CPU, uptime, and how late its event loop runs (since the last look at the metrics).
 * Returns what ends the observation.
 */
export function observeProcess(meter: Meter, { service, instance, version }: { service: string; instance: string; version: string }): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const info = meter.createObservableGauge('parley_build_info', { description: 'Which service this is; always 1' });
  const resident = meter.createObservableGauge('process_resident_memory_bytes', { description: 'Resident memory' });
  const heap = meter.createObservableGauge('nodejs_heap_used_bytes', { description: 'Used part of the JavaScript heap' });
  const external = meter.createObservableGauge('nodejs_external_memory_bytes', { description: 'Memory of buffers and of native objects' });
  const cpu = meter.createObservableCounter('process_cpu_seconds_total', { description: 'Processor time, user and system' });
  const uptime = meter.createObservableGauge('process_uptime_seconds', { description: 'Time since the start' });
  const lag = meter.createObservableGauge('nodejs_eventloop_delay_seconds', { description: 'Lateness of the event loop since the last look' });
  const observed: Observable[] = [info, resident, heap, external, cpu, uptime, lag];

  const observe: BatchObservableCallback = (result) => {
    const memory = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    result.observe(info, 1, { service, instance, version });
    result.observe(resident, memory.rss);
    result.observe(heap, memory.heapUsed);
    result.observe(external, memory.external);
    result.observe(cpu, (user + system) / 1e6);
    result.observe(uptime, process.uptime());
    for (const quantile of [50, 99]) result.observe(lag, lateness(delay.percentile(quantile)), { quantile: `0.${quantile}` });
    result.observe(lag, lateness(delay.max), { quantile: '1' });
    delay.reset();
  };
  meter.addBatchObservableCallback(observe, observed);
  return () => {
    meter.removeBatchObservableCallback(observe, observed);
    delay.disable();
  };
}

/** The histogram counts whole timer periods in nanoseconds; what exceeds the period was late. */
function lateness(nanos: number): number {
  return Math.max(0, nanos / 1e9 - RESOLUTION_MS / 1_000) || 0;
}
