import { closeSync, openSync, writeSync } from 'node:fs';
import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

type Result = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** One finished span as a line of the file; times are milliseconds since 1970. */
export type SpanLine = {
  readonly service: string;
  readonly instance: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly error: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
};

const millis = ([seconds, nanos]: readonly [number, number]): number => seconds * 1_000 + nanos / 1e6;

function lineOf(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext();
  const parentSpanId = span.parentSpanContext?.spanId;
  const line: SpanLine = {
    service: String(span.resource.attributes['service.name']),
    instance: String(span.resource.attributes['service.instance.id']),
    name: span.name,
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    startMs: millis(span.startTime),
    durationMs: millis(span.duration),
    error: span.status.code === SpanStatusCode.ERROR,
    attributes: span.attributes,
  };
  return `${JSON.stringify(line)}\n`;
}

/**
 * Appends finished spans to a file as newline-delimited JSON: traces without a collector. Several processes may share
 * the file, since each span is one append.
 */
export function fileSpanExporter(path: string): SpanExporter {
  const file = openSync(path, 'a');
  let open = true;
  return {
    export(spans: ReadableSpan[], done: (result: Result) => void): void {
      if (open) for (const span of spans) writeSync(file, lineOf(span));
      done({ code: 0 });
    },
    async shutdown() {
      if (open) closeSync(file);
      open = false;
    },
  };
}
