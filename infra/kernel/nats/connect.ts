import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { connect, type ConnectionOptions, credsAuthenticator, type NatsConnection, type Status } from '@nats-io/transport-node';
import { logger } from '../telemetry/log.ts';
import type { NatsAddress } from './settings.ts';

export type { NatsConnection } from '@nats-io/transport-node';

const reconnectEveryMs = 250;
const pingEveryMs = 10_000;
const troubleSaidEveryMs = 10_000;
/** A paused server still accepts connections; without this bound the client would wait 20 s for its first word. */
const handshakeMsMax = 2_000;

type Connecting = NatsAddress & {
  readonly name: string;
  /** Told why the first connection could not be made, each time it was tried. */
  readonly onTrouble?: (error: unknown) => void;
};

/**
 * Connects to NATS and stays: the first connection and every later one are tried for ever, each 250 ms, also by who is
 * not let in, since that may be mended on the other side; a silent server is given up after two pings of 10 s. `url`
 * may name several servers, comma-separated, one of them with `user:password@`. Rejects at once for a credentials or
 * certificates file that cannot be used. The caller drains or closes the connection.
 */
export async function connectNats({ url, credsFile, caFile, name, onTrouble }: Connecting): Promise<NatsConnection> {
  const nc = await firstConnection({
    ...serversOf(url),
    ...(credsFile !== undefined && { authenticator: credentialsOf(credsFile) }),
    ...securityOf(url, caFile),
    name,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: reconnectEveryMs,
    reconnectJitter: 100,
    timeout: handshakeMsMax,
    pingInterval: pingEveryMs,
    maxPingOut: 2,
    // A stack trace made for every request costs more than the request.
    noAsyncTraces: true,
  }, onTrouble);
  logStatus(nc, name).catch((error: unknown) => logger('nats').error({ err: error }, 'the status of the connection is no longer followed'));
  return nc;
}

/** The client can wait for its first connection by itself, but then says neither that it waits nor for what. */
async function firstConnection(options: ConnectionOptions, onTrouble: Connecting['onTrouble']): Promise<NatsConnection> {
  for (let saidAtMs = Number.NEGATIVE_INFINITY; ;) {
    try {
      return await connect(options);
    } catch (error) {
      onTrouble?.(error);
      if (performance.now() - saidAtMs >= troubleSaidEveryMs) {
        logger('nats').warn({ connection: options.name, servers: options.servers, reason: reasonOf(error) }, 'not connected yet; tried until it is');
        saidAtMs = performance.now();
      }
    }
    await setTimeout(reconnectEveryMs);
  }
}

/** Why NATS could not be had, in words: the library's own say little without what is behind them. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const causes = error.cause === undefined ? [] : [reasonOf(error.cause)];
  return [...new Set([error.message || error.name, ...causes])].join(': ');
}

/** The file may be replaced while we run; that it can be read at all is found out now and not while trying for ever. */
function credentialsOf(file: string): NonNullable<ConnectionOptions['authenticator']> & object {
  const authenticator = credsAuthenticator(() => readFileSync(file));
  authenticator('a nonce');
  return authenticator;
}

/** The client forgets the scheme: without this it would say its password to any server that claims to know no TLS. */
function securityOf(url: string, caFile: string | undefined): Pick<ConnectionOptions, 'tls'> {
  if (caFile !== undefined) return { tls: { ca: readFileSync(caFile, 'utf8') } };
  return addressesOf(url).some(({ protocol }) => protocol === 'tls:') ? { tls: {} } : {};
}

const addressesOf = (url: string): URL[] => url.split(',').map((part) => new URL(part.includes('://') ? part.trim() : `nats://${part.trim()}`));

/** The client takes credentials as options only; operators write them into the address. */
function serversOf(url: string): Pick<ConnectionOptions, 'servers' | 'user' | 'pass'> {
  let credentials: Pick<ConnectionOptions, 'user' | 'pass'> = {};
  const servers = addressesOf(url).map(({ username, password, host }) => {
    if (username !== '') credentials = { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
    return host;
  });
  return { servers, ...credentials };
}

const told: ReadonlySet<Status['type']> = new Set(['disconnect', 'reconnect', 'ldm', 'error', 'staleConnection', 'slowConsumer']);

async function logStatus(nc: NatsConnection, name: string): Promise<void> {
  const log = logger('nats');
  for await (const status of nc.status()) {
    if (!told.has(status.type)) continue;
    const server = 'server' in status ? status.server : undefined;
    const detail = 'error' in status ? String(status.error) : undefined;
    log[status.type === 'reconnect' ? 'info' : 'warn']({ connection: name, server, detail }, status.type);
  }
}
