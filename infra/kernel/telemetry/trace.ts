import { AsyncLocalStorage } from 'node:async_hooks';
import { type Attributes, ROOT_CONTEXT, type Span, SpanStatusCode, trace, type Tracer, TraceFlags } from '@opentelemetry/api';

/** W3C trace context, version 00 (https://www.w3.org/TR/trace-context/#traceparent-header). */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

const current = new AsyncLocalStorage<string>();
let tracer: Tracer | undefined;

/** Turns recording on, or (undefined) off. Called by telemetry alone. */
export function recordWith(recording: Tracer | undefined): void {
  tracer = recording;
}

/** The `traceparent` to send along with what is done now; undefined outside any trace. */
export function currentTraceparent(): string | undefined {
  return current.getStore();
}

export type SpanOptions = {
  /** `traceparent` that came with a request; anything malformed is ignored, as the specification asks. */
  readonly parent?: string | undefined;
  readonly attributes?: Attributes;
};

/**
 * Runs `fn` inside a span and returns what it returns; the span ends when `fn` returns or its promise settles.
 * When nothing is recorded it costs a comparison, but an incoming `parent` still travels on, so that one trace can be
 * followed through the logs of all processes.
 */
export function withSpan<T>(name: string, options: SpanOptions, fn: () => T): T {
  const parent = options.parent !== undefined && TRACEPARENT.test(options.parent) ? options.parent : undefined;
  if (!tracer) return parent === undefined ? fn() : current.run(parent, fn);
  const span = startSpan(tracer, name, parent ?? current.getStore(), options.attributes);
  return current.run(traceparentOf(span), () => endWith(span, fn));
}

function startSpan(recording: Tracer, name: string, parent: string | undefined, attributes: Attributes | undefined): Span {
  const match = parent === undefined ? undefined : TRACEPARENT.exec(parent);
  const context = match
    ? trace.setSpanContext(ROOT_CONTEXT, { traceId: match[1] as string, spanId: match[2] as string, traceFlags: Number.parseInt(match[3] as string, 16), isRemote: true })
    : ROOT_CONTEXT;
  return recording.startSpan(name, attributes === undefined ? {} : { attributes }, context);
}

function endWith<T>(span: Span, fn: () => T): T {
  const fail = (error: unknown): void => {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' });
    span.end();
  };
  let result: T;
  try {
    result = fn();
  } catch (error) {
    fail(error);
    throw error;
  }
  if (result instanceof Promise) {
    result.then(() => span.end(), fail);
  } else {
    span.end();
  }
  return result;
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0')}`;
}
