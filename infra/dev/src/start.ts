import { existsSync, renameSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { styleText } from 'node:util';
import { makeAnalyst } from './analyst.ts';
import { followWarnings } from './log-tail.ts';
import { readOptions, usage, type StartOptions } from './options.ts';
import { ROOT } from './paths.ts';
import { startNotary } from './notary.ts';
import { takingPorts } from './servers/free-port.ts';
import { bringServersUp } from './servers-up.ts';
import { serviceNames, startService, type Service, type ServiceName, type ServiceWorld } from './services.ts';
import { openState, type KeptState } from './state.ts';
import { PlainError, printFailure, step } from './steps.ts';
import { talk, type Talk } from './talk.ts';
import { supervisor, type Supervisor } from './supervisor.ts';

/** npm, the terminal and the wrapper each pass Ctrl-C on: one key press arrives several times. */
const SAME_KEY_PRESS_MS = 1_000;
const LOG_BYTES_MAX = 20 * 1024 * 1024;

/**
 * Starts everything on this machine, keeps it alive and ends it in order on Ctrl-C or SIGTERM.
 * @returns the exit code: 0 when it was asked to end, 1 when it could not start.
 */
export async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (options.archive !== undefined && !existsSync(options.archive)) throw new PlainError(`There is no archive ${options.archive}.`);
  // A terminal that was closed takes no more words; ending in order goes on without them.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const state = await openState(options.fresh);
  const parts = supervisor((line) => process.stdout.write(`${styleText('yellow', '!')} ${line}\n`));
  const asked = whenAskedToEnd();
  let talking: Talk | undefined;
  let follower: { stop(): void } | undefined;
  const work = async (): Promise<void> => {
    const world = await bringServersUp(state, options.search, (part) => {
      parts.keep(part);
    });
    const { gateway, query } = await startServices(state, world, parts, options);
    parts.keep(await startNotary(state.dir, world));
    follower = followWarnings(serviceNames.map((name) => logFileOf(state, name)), (line) => process.stdout.write(`${styleText('yellow', '!')} ${line}\n`));
    await state.keepAddresses({ ...addressesOf(world, gateway.url, query.url), ANALYST_URL: await makeAnalyst(world) });
    printAddresses(gateway.url, state);
    talking = await talk({ options, state, gatewayUrl: gateway.url, asked: asked.signal });
  };
  let code = 0;
  try {
    await Promise.race([work().then(() => asked.promise), asked.promise]);
  } catch (error) {
    printFailure(error);
    code = 1;
  }
  await step('stop', async () => {
    follower?.stop();
    await talking?.stop();
    await parts.stop();
    await state.release();
  });
  return code;
}

function whenAskedToEnd(): { promise: Promise<void>; signal: AbortSignal } {
  const controller = new AbortController();
  let firstAt = 0;
  const promise = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (!controller.signal.aborted) {
          firstAt = performance.now();
          controller.abort();
          resolve();
        } else if (performance.now() - firstAt > SAME_KEY_PRESS_MS) {
          // Asked again: do not wait for the order. The guard and the closed channels end what is left.
          process.exit(130);
        }
      });
    }
  });
  return { promise, signal: controller.signal };
}

async function startServices(state: KeptState, world: ServiceWorld, parts: Supervisor, options: StartOptions): Promise<{ readonly gateway: Service; readonly query: Service }> {
  const start = async (name: ServiceName, env: Record<string, string> = {}, port?: number): Promise<Service> => {
    const logFile = logFileOf(state, name);
    if (existsSync(logFile) && statSync(logFile).size > LOG_BYTES_MAX) renameSync(logFile, `${logFile}.old`);
    const service = await startService({ name, instance: name, world, logFile, env, port: port ?? (await state.portFor(name)) });
    parts.keep(service);
    return service;
  };
  const query = await step('start the services', async (note) => {
    const started = await Promise.all([start('query-service'), start('command-service'), start('projectors')]);
    note('command-service, projectors, query-service');
    return started[0];
  });
  return step('start the gateway', (note) => takingPorts(async () => {
    const port = await state.portFor('gateway', note, options.port);
    return { gateway: await start('gateway', { QUERY_URL: query.url }, port), query };
  }));
}

/** What the command line tool needs to find this Parley from the same folder. */
function addressesOf(world: ServiceWorld, gatewayUrl: string, queryUrl: string): Record<string, string | undefined> {
  const { PARLEY_KEK, PARLEY_INTERNAL_KEY, PARLEY_HEAD_KEY } = world.secrets;
  return {
    NATS_URL: world.natsUrl,
    NATS_MONITOR_URL: world.natsMonitorUrl,
    DATABASE_URL: world.databaseUrl,
    VAULT_URL: world.vaultUrl,
    REDIS_URL: world.redisUrl,
    OPENSEARCH_URL: world.openSearch?.url,
    GATEWAY_URL: gatewayUrl,
    QUERY_URL: queryUrl,
    PARLEY_WS: world.workspace ?? 'main',
    PARLEY_KEK,
    PARLEY_INTERNAL_KEY,
    PARLEY_HEAD_KEY,
  };
}

function logFileOf(state: KeptState, name: ServiceName): string {
  return join(state.dir, 'logs', `${name}.log`);
}

function printAddresses(url: string, state: KeptState): void {
  const line = (name: string, value: string): string => `  ${name.padEnd(10)} ${styleText('cyan', value)}\n`;
  process.stdout.write(
    [
      '\n',
      `  ${styleText('bold', 'Parley runs.')}\n\n`,
      line('Page', url),
      line('API docs', `${url}/docs`),
      line('Health', `${url}/health/ready`),
      line('SQL', `ANALYST_URL in ${shown(join(state.dir, 'env.json'))}`),
      line('Data', shown(state.dir)),
      line('Logs', shown(join(state.dir, 'logs'))),
      line('Heads', shown(join(state.dir, 'heads'))),
      '\n  Ctrl-C stops everything.\n\n',
    ].join(''),
  );
}

/** A path as a person in the project's folder would write it. */
function shown(path: string): string {
  const short = relative(ROOT, path);
  return short.startsWith('..') ? path : short;
}
