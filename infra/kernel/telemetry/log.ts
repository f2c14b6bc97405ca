import { pino, type Logger } from 'pino';
import { currentTraceparent } from './trace.ts';

export type { Logger } from 'pino';

/** Never in a log, wherever it hides: what lets somebody in, and what people wrote. */
const secretPaths = ['authorization', 'cookie', 'token', 'password', 'secret', 'text', 'content'].flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

const loggers = new Map<string, Logger>();
let root: Logger | undefined;

function rootLogger(): Logger {
  root ??= pino(
    {
      level: process.env['LOG_LEVEL'] ?? 'info',
      base: { instance: process.env['INSTANCE_ID'], pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: secretPaths, censor: '[redacted]' },
      formatters: { level: (level) => ({ level }) },
      mixin() {
        const traceparent = currentTraceparent();
        return traceparent === undefined ? {} : { traceId: traceparent.slice(3, 35), spanId: traceparent.slice(36, 52) };
      },
    },
    // Written before the call returns: lines stay in order, and the last words of a process that dies are not lost.
    pino.destination({ dest: 1, sync: true }),
  );
  return root;
}

/** The logger of a service or of a part of one: JSON lines on standard output, with the ids of the trace they belong to. */
export function logger(service: string): Logger {
  let found = loggers.get(service);
  if (!found) {
    found = rootLogger().child({ service });
    loggers.set(service, found);
  }
  return found;
}

/** Sets the least severe level that is logged, for every logger of this process. */
export function setLogLevel(level: string): void {
  rootLogger().level = level;
  for (const each of loggers.values()) each.level = level;
}
