import { connect, type ConnectionOptions, type NatsConnection, type Status } from '@nats-io/transport-node';
import { logger } from '../telemetry/log.ts';

export type { NatsConnection } from '@nats-io/transport-node';

const reconnectEveryMs = 250;
const pingEveryMs = 10_000;
/** A paused server still accepts connections; without this bound the client would wait 20 s for its first word. */
const handshakeMsMax = 2_000;

/**
 * Connects to NATS and stays: the first connection and every later one are tried for ever, each 250 ms; a silent
 * server is given up after two pings of 10 s. `url` may name several servers, comma-separated, the first with
 * `user:password@`. The caller drains or closes the connection.
 */
export async function connectNats({ url, name }: { readonly url: string; readonly name: string }): Promise<NatsConnection> {
  const nc = await connect({
    ...serversOf(url),
    name,
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
    reconnectTimeWait: reconnectEveryMs,
    reconnectJitter: 100,
    timeout: handshakeMsMax,
    pingInterval: pingEveryMs,
    maxPingOut: 2,
    // A stack trace made for every request costs more than the request.
    noAsyncTraces: true,
  });
  logStatus(nc, name).catch((error: unknown) => logger('nats').error({ err: error }, 'the status of the connection is no longer followed'));
  return nc;
}

/** The client takes credentials as options only; operators write them into the address. */
function serversOf(url: string): Pick<ConnectionOptions, 'servers' | 'user' | 'pass'> {
  let credentials: Pick<ConnectionOptions, 'user' | 'pass'> = {};
  const servers = url.split(',').map((part) => {
    const { username, password, host } = new URL(part.includes('://') ? part.trim() : `nats://${part.trim()}`);
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
