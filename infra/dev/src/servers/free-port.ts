import { createServer } from 'node:net';

/** A TCP port of this host that was free a moment ago. A program that can listen on port 0 itself should do that. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const port = await listenOnce(0, host);
  if (port === undefined) throw new Error(`No free port could be had on ${host}.`);
  return port;
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
