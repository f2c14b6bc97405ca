import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { withLock } from '../lock.ts';
import { cacheAdvice, cacheDir } from './cache.ts';

// Below what systems give to outgoing connections (Linux from 32768, others from 49152): a port out of that range can be
// taken by any connection while its server is down, even by one that asks for that very server and so reaches itself.
const FIRST = 12_000;
const COUNT = 20_000;
// Processes that look for ports at the same moment mostly look at different ones.
const LANES = 16;
const TRIES = 200;

const given = new Set<number>();

/**
 * A TCP port of this host that was free a moment ago, was not given before by this process, and is not one that an
 * outgoing connection gets: a server that is killed finds it free again. @throws when 200 ports in a row are taken.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = FIRST + randomInt(COUNT / LANES) * LANES + (process.pid % LANES);
    if (given.has(port)) continue;
    given.add(port);
    if (await isPortFree(port, host)) return port;
    given.delete(port);
  }
  throw new Error(`No free port could be had on ${host}.`);
}

/** Whether nothing listens on this port of the host. */
export async function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return (await listenOnce(port, host)) !== undefined;
}

/** The wanted port when it is free, else another; undefined means any. */
export async function preferPort(wanted: number | undefined, host = '127.0.0.1'): Promise<number> {
  if (wanted !== undefined && wanted !== 0 && (await isPortFree(wanted, host))) return wanted;
  return freePort(host);
}

/** Does what chooses ports and has servers take them while no other launcher of this user does: until its server listens, a port looks free to everybody. */
export function takingPorts<T>(work: () => Promise<T>): Promise<T> {
  return withLock(join(cacheDir(), 'ports.lock'), work, { advice: cacheAdvice });
}

function listenOnce(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : undefined);
      });
    });
  });
}
