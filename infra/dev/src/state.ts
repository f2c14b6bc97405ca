import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from './lock.ts';
import { ROOT } from './paths.ts';
import { markOf, ownerOf } from './processes.ts';
import { preferPort } from './servers/free-port.ts';
import { openSearchHome } from './servers/opensearch.ts';
import { postgresHome } from './servers/postgres.ts';
import { PlainError, type Progress } from './steps.ts';

const DEFAULT_PORTS = { nats: 14_222, natsMonitor: 18_222, postgres: 15_432, redis: 16_379, opensearch: 19_200, gateway: 4_400, 'command-service': 0, projectors: 0, 'query-service': 0 };
/** Held while a launcher looks whether it is alone. */
const OPENING = 'launcher.lock';
export type PortName = keyof typeof DEFAULT_PORTS;

/** What one deployment on this machine keeps between starts. */
export type KeptState = {
  /** The folder of everything kept: `PARLEY_DATA`, else `.parley` in the project. */
  readonly dir: string;
  /** The port used last time when it is free, else another, which is named and kept. */
  portFor(name: PortName, note?: Progress, wanted?: number): Promise<number>;
  /** Remembers a port that a process chose itself. */
  keepPort(name: PortName, port: number): Promise<void>;
  /** Writes where everything is, for the command line tool; readable by its owner alone. */
  keepAddresses(addresses: Readonly<Record<string, string | undefined>>): Promise<void>;
  /** Whether something was done once in this folder's life. */
  isDone(what: string): boolean;
  markDone(what: string): Promise<void>;
  /** Lets another launcher use the folder. */
  release(): Promise<void>;
};

/** Opens the folder for this launcher alone. @throws a plain error when another one uses it. */
export async function openState(fresh: boolean): Promise<KeptState> {
  const dir = process.env['PARLEY_DATA'] ?? join(ROOT, '.parley');
  const owned = join(dir, 'launcher.pid');
  // Two that start together must not both find nobody.
  await withLock(join(dir, OPENING), async () => {
    const owner = existsSync(owned) ? ownerOf(await readFile(owned, 'utf8')) : undefined;
    if (owner !== undefined && owner !== process.pid) {
      throw new PlainError(`Parley runs already in ${dir} (process ${owner}). Stop it with Ctrl-C there, or give this one another folder: PARLEY_DATA=… npm start`);
    }
    if (fresh) await empty(dir);
    await writeFile(owned, markOf());
  }, { advice: 'Name another folder in PARLEY_DATA and run this again.' });
  const portsFile = join(dir, 'ports.json');
  const ports = existsSync(portsFile) ? (JSON.parse(await readFile(portsFile, 'utf8')) as Partial<Record<PortName, number>>) : {};
  const keepPort = async (name: PortName, port: number): Promise<void> => {
    ports[name] = port;
    await writeFile(portsFile, `${JSON.stringify(ports, null, 2)}\n`);
  };
  return {
    dir,
    keepPort,
    async portFor(name, note = () => {}, wanted) {
      const asked = wanted ?? ports[name] ?? DEFAULT_PORTS[name];
      const port = await preferPort(asked);
      if (asked !== 0 && port !== asked) note(`port ${asked} is taken, using ${port}`);
      await keepPort(name, port);
      return port;
    },
    async keepAddresses(addresses) {
      const file = join(dir, 'env.json');
      await rm(file, { force: true });
      await writeFile(file, `${JSON.stringify(addresses, null, 2)}\n`, { mode: 0o600 });
    },
    isDone: (what) => existsSync(join(dir, `${what}.done`)),
    markDone: (what) => writeFile(join(dir, `${what}.done`), ''),
    release: () => rm(owned, { force: true }),
  };
}

/** Forgets all that is kept, but the lock under which that is done. */
async function empty(dir: string): Promise<void> {
  for (const home of [postgresHome(join(dir, 'postgres')), openSearchHome(join(dir, 'opensearch'))]) await rm(home, { recursive: true, force: true });
  for (const name of await readdir(dir)) if (name !== OPENING) await rm(join(dir, name), { recursive: true, force: true });
}
