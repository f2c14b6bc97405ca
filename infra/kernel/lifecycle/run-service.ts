import type { z } from 'zod';
import { configExitCode, ConfigError, readConfig, type commonConfig } from '../config/read-config.ts';
import { logger, setLogLevel } from '../telemetry/log.ts';
import { startTelemetry } from '../telemetry/telemetry.ts';

/** What a service's `start…` returns: where it listens, and how it ends in order. */
export type Service = {
  readonly url: string;
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
};

type CommonSchema = z.ZodObject<typeof commonConfig>;

/** How long a service may take to finish what it has in hand before it is ended anyway. */
const disposeMsMax = 20_000;
const telemetryMsMax = 3_000;
/** How long one that was told to end may take to get started, to end in order: it may be waiting for a server that is away. */
const startMsMaxOnceStopped = 3_000;

/**
 * The whole of a service's main: reads its configuration (exit code 78 if it is wrong), starts telemetry and the
 * service, reports `{ type: 'ready', port, url }` to a parent process, and ends in order on SIGTERM, SIGINT, the
 * message `{ type: 'shutdown' }` or the parent's death, within 20 s; while it starts, within 3 s. What nobody caught is logged and ends the process
 * with 1: state after an unknown error is not to be trusted, and every part of the system survives a restart.
 */
export async function runService<S extends z.ZodObject>(name: string, start: (config: z.infer<S>) => Promise<Service>, schema: S): Promise<void> {
  const log = logger(name);
  const die = (error: unknown, what: string): void => {
    log.fatal({ err: error }, what);
    process.exit(1);
  };
  process.on('uncaughtException', (error) => die(error, 'nobody caught this error'));
  process.on('unhandledRejection', (error) => die(error, 'nobody handled this rejection'));

  const config = configOrExit(schema);
  const common = config as z.infer<CommonSchema>;
  setLogLevel(common.LOG_LEVEL);
  const telemetry = startTelemetry({
    service: name,
    instance: common.INSTANCE_ID,
    version: common.PARLEY_VERSION,
    otlpEndpoint: common.OTEL_EXPORTER_OTLP_ENDPOINT,
    traceFile: common.PARLEY_TRACE_FILE,
  });

  const stopped = stopRequest();
  let service: Service | undefined;
  try {
    service = await startedUnlessStopped(start(config), stopped);
  } catch (error) {
    die(error, 'could not start');
    return;
  }
  if (!service) {
    // Nothing was promised to anybody yet, so there is nothing to finish.
    log.info({ why: await stopped }, 'stopped while starting');
    process.exit(0);
  }
  log.info({ port: service.port, url: service.url, instance: common.INSTANCE_ID, version: common.PARLEY_VERSION }, 'ready');
  process.send?.({ type: 'ready', port: service.port, url: service.url });

  const why = await stopped;
  log.info({ why }, 'stopping');
  const orderly = await within(disposeMsMax, service[Symbol.asyncDispose](), (error) => log.error({ err: error }, 'stopping failed'));
  await within(telemetryMsMax, telemetry.shutdown(), (error) => log.warn({ err: error }, 'the last spans were not sent'));
  if (!orderly) log.error({ disposeMsMax }, 'did not stop in time');
  log.info('stopped');
  process.exit(orderly ? 0 : 1);
}

function configOrExit<S extends z.ZodObject>(schema: S): z.infer<S> {
  try {
    return readConfig(schema);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(configExitCode);
  }
}

/** Resolves with the first reason to stop. */
function stopRequest(): Promise<string> {
  return new Promise((resolve) => {
    process.on('SIGTERM', () => resolve('SIGTERM'));
    process.on('SIGINT', () => resolve('SIGINT'));
    process.on('disconnect', () => resolve('the parent process is gone'));
    process.on('message', (message) => {
      if ((message as { type?: unknown } | null)?.type === 'shutdown') resolve('asked by the parent process');
    });
  });
}

/** What was started; undefined when it was told to end and did not get there in time. Rejects when it cannot start. */
function startedUnlessStopped(starting: Promise<Service>, stopped: Promise<string>): Promise<Service | undefined> {
  const late = stopped.then(() => new Promise<undefined>((resolve) => { setTimeout(resolve, startMsMaxOnceStopped, undefined); }));
  return Promise.race([starting, late]);
}

/** True when `work` was done without an error within the time. */
async function within(timeoutMs: number, work: Promise<void>, onError: (error: unknown) => void): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  const done = work.then(
    () => true,
    (error: unknown) => {
      onError(error);
      return false;
    },
  );
  const result = await Promise.race([done, late]);
  clearTimeout(timer);
  return result;
}
