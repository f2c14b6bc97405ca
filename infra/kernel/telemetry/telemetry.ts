import { type Meter, trace, type Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, SimpleSpanProcessor, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { latencyBoundsMs } from '@parley/contracts/wire/stats';
import { observeProcess } from './process-metrics.ts';
import { fileSpanExporter } from './span-file.ts';
import { recordWith } from './trace.ts';

export type TelemetryOptions = {
  readonly service: string;
  readonly instance: string;
  /** Release of this process. */
  readonly version: string;
  /** Base address of an OTLP/HTTP collector; absent: spans are not exported. */
  readonly otlpEndpoint?: string | undefined;
  /** File that finished spans are appended to as NDJSON (`PARLEY_TRACE_FILE`). */
  readonly traceFile?: string | undefined;
};

export type Telemetry = {
  readonly meter: Meter;
  readonly tracer: Tracer;
  /** Everything measured so far, in Prometheus' text format 0.0.4. */
  metricsText(): Promise<string>;
  /** Sends what is left (bounded by the exporter's own 10 s) and stops recording. */
  shutdown(): Promise<void>;
};

/** Bounds of a latency histogram in milliseconds; pass as `advice.explicitBucketBoundaries`. */
export const latencyBoundariesMs: readonly number[] = latencyBoundsMs;

// Metrics belong to the process and live from its first import: instruments may be created at any time, by any module.
const reader = new PrometheusExporter({ preventServerStart: true });
const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
const metrics = new MeterProvider({ readers: [reader] });
const processMeter = metrics.getMeter('parley');

let running: { readonly telemetry: Telemetry; uses: number; readonly stop: () => Promise<void> } | undefined;

/** The process's meter. Instruments of the same name are one instrument. */
export function meter(): Meter {
  return processMeter;
}

/** Everything measured in this process so far, in Prometheus' text format. */
export async function metricsText(): Promise<string> {
  const { resourceMetrics, errors } = await reader.collect();
  if (errors.length > 0) throw new AggregateError(errors, 'some metrics could not be collected');
  return serializer.serialize(resourceMetrics);
}

/**
 * Starts telemetry for this process: process metrics, and spans if they have somewhere to go. Called again while it
 * runs it returns what runs; the last `shutdown` ends it.
 */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  running ??= begin(options);
  running.uses += 1;
  return running.telemetry;
}

function begin(options: TelemetryOptions): { telemetry: Telemetry; uses: number; stop: () => Promise<void> } {
  const spanProcessors = spanProcessorsOf(options);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': options.service, 'service.instance.id': options.instance, 'service.version': options.version }),
    spanProcessors,
  });
  const tracer = spanProcessors.length === 0 ? trace.getTracer('parley') : provider.getTracer('parley');
  if (spanProcessors.length > 0) recordWith(tracer);
  const stopObserving = observeProcess(processMeter, options);
  const stop = async (): Promise<void> => {
    recordWith(undefined);
    stopObserving();
    await provider.shutdown();
  };
  return { telemetry: { meter: processMeter, tracer, metricsText, shutdown }, uses: 0, stop };
}

async function shutdown(): Promise<void> {
  const ending = running;
  if (!ending) return;
  ending.uses -= 1;
  if (ending.uses > 0) return;
  running = undefined;
  await ending.stop();
}

function spanProcessorsOf({ otlpEndpoint, traceFile }: TelemetryOptions): SpanProcessor[] {
  const processors: SpanProcessor[] = [];
  if (otlpEndpoint !== undefined) {
    const exporter = new OTLPTraceExporter({ url: `${otlpEndpoint.replace(/\/$/, '')}/v1/traces`, timeoutMillis: 5_000 });
    processors.push(new BatchSpanProcessor({ exporter, maxQueueSize: 4_096, maxExportBatchSize: 512, scheduledDelayMillis: 1_000, exportTimeoutMillis: 5_000 }));
  }
  if (traceFile !== undefined) processors.push(new SimpleSpanProcessor({ exporter: fileSpanExporter(traceFile) }));
  return processors;
}
