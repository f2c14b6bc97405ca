import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server as TcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { startChild } from '@parley/dev/servers/child';
import { freePort } from '@parley/dev/servers/free-port';
import { ensureNats } from '@parley/dev/servers/nats';
import { until } from '@parley/dev/until';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectNats, reasonOf } from './connect.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-connect-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

/** A server that says it knows no TLS, as one in the middle of a line would, and keeps what it is told. */
async function plainServer(): Promise<{ readonly server: TcpServer; readonly port: number; readonly sockets: Socket[]; readonly said: () => string }> {
  const sockets: Socket[] = [];
  let said = '';
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {}).on('data', (bytes) => { said += bytes.toString(); });
    socket.write('INFO {"server_id":"A","version":"2.15.1","proto":1,"headers":true,"max_payload":1048576}\r\n');
  });
  const port = await freePort();
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve); });
  return { server, port, sockets, said: () => said };
}

describe('tls://', () => {
  test.each([['tls', false], ['TLS', false], ['nats', true]] as const)('a server without TLS hears the password behind %s://: %s', async (scheme, hears) => {
    const { server, port, sockets, said } = await plainServer();
    const troubles: unknown[] = [];
    connectNats({ url: `${scheme}://someone:secret-word@127.0.0.1:${port}`, name: 'spec', onTrouble: (error) => troubles.push(error) }).catch(() => {});
    await until('it to come', () => (hears ? said().includes('CONNECT') : troubles.length > 2));
    expect(said().includes('secret-word')).toBe(hears);
    if (!hears) expect(reasonOf(troubles[0])).toContain("does not support 'tls'");
    server.close();
    for (const socket of sockets) socket.destroy();
  });
});

describe('a credentials file', () => {
  const credentials = (seed: string): string => `-----BEGIN NATS USER JWT-----\nA.B.C\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`;

  test('lets in, is read anew with every connection, and one that cannot be used is told at once', async () => {
    const [first, second] = [nkeys.createUser(), nkeys.createUser()];
    const port = await freePort();
    const conf = join(dir, 'nats.conf');
    const start = async (user: string) => {
      await writeFile(conf, `listen: "127.0.0.1:${port}"\nauthorization { users: [ { nkey: ${user} } ] }\n`);
      return startChild({ name: 'NATS', command: await ensureNats(), args: ['-c', conf], logFile: join(dir, 'nats.log') });
    };
    const file = join(dir, 'user.creds');
    const seedOf = (user: typeof first): string => new TextDecoder().decode(user.getSeed());
    await writeFile(file, credentials(seedOf(first)));
    let server = await start(first.getPublicKey());
    const nc = await connectNats({ url: `nats://127.0.0.1:${port}`, credsFile: file, name: 'spec' });
    try {
      await nc.flush();
      await server.stop();
      server = await start(second.getPublicKey());
      // Not let in, more than once: a client would give up for ever.
      const refused = async (): Promise<number> => (await readFile(join(dir, 'nats.log'), 'utf8')).split('authentication error').length - 1;
      await until('to be refused', async () => (await refused()) > 3, { timeoutMs: 15_000 });
      await writeFile(file, credentials(seedOf(second)));
      await until('to be let in by the new one', async () => { await nc.rtt(); return true; }, { timeoutMs: 15_000 });
    } finally {
      await nc.close();
      await server.stop();
    }
    await expect(connectNats({ url: `nats://127.0.0.1:${port}`, credsFile: join(dir, 'none.creds'), name: 'spec' })).rejects.toThrow('ENOENT');
    await writeFile(file, 'no credentials');
    await expect(connectNats({ url: `nats://127.0.0.1:${port}`, credsFile: file, name: 'spec' })).rejects.toThrow('unable to parse credentials');
    await expect(connectNats({ url: `nats://127.0.0.1:${port}`, caFile: join(dir, 'none.pem'), name: 'spec' })).rejects.toThrow('ENOENT');
  });
});
