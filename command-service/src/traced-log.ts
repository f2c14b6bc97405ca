import type { EventLog } from '@parley/kernel/event-store/event-log';
import { withSpan } from '@parley/kernel/telemetry/trace';
import { traceparentHeader } from '@parley/contracts/wire/subjects';

/** The same log, whose appends are spans of the trace of the commit's first command. */
export function traceAppends(log: EventLog): EventLog {
  return {
    ...log,
    append(aggregate, expectedSeq, bytes, headers) {
      const parent = headers[traceparentHeader];
      if (parent === undefined) return log.append(aggregate, expectedSeq, bytes, headers);
      return withSpan('append', { parent, attributes: { 'parley.kind': aggregate.kind, 'parley.bytes': bytes.length } }, () => log.append(aggregate, expectedSeq, bytes, headers));
    },
  };
}
