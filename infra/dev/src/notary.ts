import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publicKeySetOf } from '@parley/cli/head/signed-head';
import { ROOT } from './paths.ts';
import type { ServiceWorld } from './services.ts';
import { startServer } from './servers/server.ts';
import { startChild } from './servers/child.ts';
import type { Part } from './supervisor.ts';

const everySeconds = 60;

/** The folder below a data folder that heads are appended to. */
export const headsFolder = (dir: string): string => join(dir, 'heads');

/**
 * Starts the notary: once a minute it signs how far the log has come, into `heads/` below the data folder, with the
 * public key beside. To be proof against whoever runs this machine, that folder must be copied to another one.
 */
export async function startNotary(dir: string, world: ServiceWorld): Promise<Part & { readonly pid: number }> {
  const { natsUrl, workspace = 'main', secrets } = world;
  await mkdir(headsFolder(dir), { recursive: true });
  await writeFile(join(headsFolder(dir), 'keys.json'), publicKeySetOf(secrets.PARLEY_HEAD_KEY));
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], NATS_URL: natsUrl, PARLEY_WS: workspace, PARLEY_HEAD_KEY: secrets.PARLEY_HEAD_KEY };
  const args = [join(ROOT, 'infra', 'cli', 'dist', 'main.js'), 'head', 'sign', '--every', String(everySeconds), '--to', headsFolder(dir)];
  return startServer({
    name: 'notary',
    spawn: () => startChild({ name: 'notary', command: process.execPath, args, env, logFile: join(dir, 'logs', 'notary.log') }),
    isReady: () => Promise.resolve(true),
  });
}
