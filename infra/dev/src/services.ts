import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './paths.ts';
import { lastLines } from './run.ts';
import type { Secrets } from '@parley/kernel/config/secrets';
import type { OwnAddresses } from './service-roles.ts';
import type { Exit } from './servers/child.ts';
import { PlainError } from './steps.ts';

export const serviceNames = ['command-service', 'projectors', 'query-service', 'gateway'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Where OpenSearch is, and what it wants of those who ask. */
export type OpenSearchAccess = { readonly url: string; readonly index?: string };

/** Where the servers are and what the services share. */
export type ServiceWorld = {
  readonly natsUrl: string;
  readonly natsMonitorUrl?: string;
  readonly databaseUrl: string;
  readonly vaultUrl: string;
  readonly redisUrl?: string | undefined;
  /** Absent: search is answered from PostgreSQL. */
  readonly openSearch?: OpenSearchAccess | undefined;
  readonly secrets: Secrets;
  readonly workspace?: string;
  /** Absent for a service: it signs in to the databases as their owner. */
  readonly own?: OwnAddresses;
};

export type Service = {
  readonly name: ServiceName;
  readonly instance: string;
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  isRunning(): boolean;
  /** Resolves when the present process ends. */
  exited(): Promise<Exit>;
  /** Sends a signal; for one that ends the process, resolves when it is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends it in order (SIGTERM), after the grace by SIGKILL. */
  stop(): Promise<void>;
  /** Starts it again on the same port; resolves when it says it is ready. */
  restart(): Promise<void>;
};

export type ServiceOptions = {
  readonly name: ServiceName;
  readonly instance: string;
  readonly world: ServiceWorld;
  readonly logFile: string;
  readonly port?: number;
  /** More or other environment, such as QUERY_URL for the gateway. */
  readonly env?: Readonly<Record<string, string>>;
  readonly readyMs?: number;
  /** A program that starts node with the arguments it is given, such as one in a network of its own. */
  readonly runUnder?: string | undefined;
};

const READY_MS = 60_000;
const STOP_GRACE_MS = 25_000;
const HARMLESS_SIGNALS: ReadonlySet<NodeJS.Signals> = new Set(['SIGSTOP', 'SIGCONT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']);
const OWN_NAMES = /^(NATS_.*|DATABASE_URL|VAULT_URL|REDIS_.*|QUERY_URL|GATEWAY_ROLE|INSTANCE_ID|HOST|PORT|WEIGHT|WEB_ROOT|PUBLIC_ORIGINS|OPENSEARCH_.*|PARLEY_.*)$/;

/**
 * Starts one compiled service as a process of its own and waits for its word that it is ready.
 * It ends when this process does (its channel to us closes), however this process ends.
 * @throws with the service's last log lines when it ends or stays silent while starting.
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  let running = await launch(options, options.port ?? 0);
  return {
    name: options.name,
    instance: options.instance,
    get pid() {
      return running.pid;
    },
    get port() {
      return running.port;
    },
    get url() {
      return running.url;
    },
    isRunning: () => isRunning(running.child),
    exited: () => running.exited,
    kill: (signal) => kill(running, signal),
    stop: () => stop(running),
    async restart() {
      await stop(running);
      running = await launch(options, running.port);
    },
  };
}

type Running = { readonly child: ChildProcess; readonly pid: number; readonly port: number; readonly url: string; readonly exited: Promise<Exit> };
type ReadyMessage = { readonly type: 'ready'; readonly port: number; readonly url: string };

async function launch(options: ServiceOptions, port: number): Promise<Running> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  const child = fork(join(ROOT, options.name, 'dist', 'main.js'), [], {
    env: { ...environmentOf(options), PORT: String(port) },
    execArgv: ['--enable-source-maps'],
    ...(options.runUnder !== undefined && { execPath: options.runUnder }),
    stdio: ['ignore', log, log, 'ipc'],
    // A group of its own: Ctrl-C in a terminal reaches it only through stop(), in our order.
    detached: true,
  });
  closeSync(log);
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });
  const ready = await readyMessage(child, options, exited);
  return { child, pid: child.pid ?? 0, port: ready.port, url: ready.url, exited };
}

async function readyMessage(child: ChildProcess, options: ServiceOptions, exited: Promise<Exit>): Promise<ReadyMessage> {
  const readyMs = options.readyMs ?? READY_MS;
  const problem = (what: string): PlainError => new PlainError(`${options.instance} ${what}. It last printed:\n${lastLines(readFileSync(options.logFile, 'utf8'), 20)}`);
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      new Promise<ReadyMessage>((resolve) => {
        child.on('message', (message: Partial<ReadyMessage>) => {
          if (message.type === 'ready') resolve(message as ReadyMessage);
        });
      }),
      exited.then(({ code, signal }): never => {
        throw problem(`ended while starting (${signal ?? `code ${code}`})`);
      }),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          reject(problem(`was not ready after ${readyMs} ms`));
        }, readyMs);
      }),
    ]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function environmentOf({ name, instance, world, env }: ServiceOptions): NodeJS.ProcessEnv {
  // What the developer's shell says about servers is about other servers.
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([key]) => !OWN_NAMES.test(key)));
  const redis: Record<string, string> = world.redisUrl === undefined ? {} : { REDIS_URL: world.redisUrl };
  const search: Record<string, string> = world.openSearch === undefined ? {} : { OPENSEARCH_URL: world.openSearch.url, ...(world.openSearch.index !== undefined && { OPENSEARCH_INDEX: world.openSearch.index }) };
  const { PARLEY_KEK, PARLEY_INTERNAL_KEY, PARLEY_SIGNING_KEYS } = world.secrets;
  const { databaseUrl, vaultUrl } = { databaseUrl: world.databaseUrl, vaultUrl: world.vaultUrl, ...world.own?.[name] };
  const own: Record<ServiceName, Record<string, string>> = {
    'command-service': { VAULT_URL: vaultUrl, PARLEY_KEK },
    projectors: { DATABASE_URL: databaseUrl, VAULT_URL: vaultUrl, PARLEY_KEK, ...redis, ...search },
    'query-service': { DATABASE_URL: databaseUrl, PARLEY_INTERNAL_KEY, ...redis, ...search },
    gateway: { VAULT_URL: vaultUrl, PARLEY_KEK, PARLEY_INTERNAL_KEY, PARLEY_SIGNING_KEYS, GATEWAY_ROLE: 'both', ...redis },
  };
  return {
    ...inherited,
    NODE_ENV: 'production',
    NATS_URL: world.natsUrl,
    PARLEY_WS: world.workspace ?? 'main',
    INSTANCE_ID: instance,
    HOST: '127.0.0.1',
    ...own[name],
    ...env,
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function kill(running: Running, signal: NodeJS.Signals): Promise<void> {
  if (!isRunning(running.child)) return;
  running.child.kill(signal);
  if (!HARMLESS_SIGNALS.has(signal)) await running.exited;
}

async function stop(running: Running): Promise<void> {
  if (!isRunning(running.child)) return;
  // A paused process would sleep through the request.
  running.child.kill('SIGCONT');
  running.child.kill('SIGTERM');
  const timer = setTimeout(() => running.child.kill('SIGKILL'), STOP_GRACE_MS);
  await running.exited;
  clearTimeout(timer);
}
