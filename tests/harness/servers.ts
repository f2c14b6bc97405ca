import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrationFolders, provision } from '@parley/dev/servers-up';
import { startNats, startNatsCluster, type Nats, type NatsCluster } from '@parley/dev/servers/nats';
import { startPostgres, type Postgres } from '@parley/dev/servers/postgres';
import { startRedis, type Redis } from '@parley/dev/servers/redis';
import { migrate } from '@parley/kernel/stores/migrate';

export type ServersOptions = {
  /** NATS syncs every append unless told `default`. */
  readonly sync?: 'always' | 'default';
  /** Start three NATS servers with three replicas of every stream instead of one. */
  readonly cluster?: boolean;
  /** PostgreSQL's own durability, off unless asked: only tests that kill it need it. */
  readonly fsync?: boolean;
  /** False runs without Redis, as Parley must be able to. */
  readonly redis?: boolean;
  /** False leaves the streams unmade and the databases empty. */
  readonly prepared?: boolean;
};

export type Servers = {
  /** The folder all of it lives in; removed when the servers are stopped. */
  readonly dir: string;
  /** The only NATS server, or the first of the cluster. */
  readonly nats: Nats;
  readonly cluster: NatsCluster | undefined;
  /** Address, or comma separated addresses, for clients. */
  readonly natsUrl: string;
  readonly postgres: Postgres;
  readonly redis: Redis | undefined;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Starts real servers of this test's own on free ports in a folder of its own, streams made and tables migrated. */
export async function startServers(options: ServersOptions = {}): Promise<Servers> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-test-'));
  const sync = options.sync ?? 'always';
  const copyOf = process.env['PARLEY_TEST_POSTGRES_DIR'];
  const started = await Promise.allSettled([
    options.cluster === true ? startNatsCluster({ dir: join(dir, 'nats'), sync }) : startNats({ dir: join(dir, 'nats'), sync }),
    startPostgres({ dir: join(dir, 'postgres'), fsync: options.fsync ?? false, ...(copyOf !== undefined && options.prepared !== false && { copyOf }) }),
    options.redis === false ? Promise.resolve(undefined) : startRedis({ dir: join(dir, 'redis') }),
  ] as const);
  const stop = async (): Promise<void> => {
    for (const result of started) if (result.status === 'fulfilled') await result.value?.stop();
    await rm(dir, { recursive: true, force: true });
  };
  const [natsResult, postgresResult, redisResult] = started;
  const failed = started.find((result) => result.status === 'rejected');
  if (natsResult.status === 'rejected' || postgresResult.status === 'rejected' || redisResult.status === 'rejected') {
    await stop();
    throw failed?.reason;
  }
  const cluster = 'servers' in natsResult.value ? natsResult.value : undefined;
  const nats = 'servers' in natsResult.value ? natsResult.value.servers[0] : natsResult.value;
  if (nats === undefined) throw new Error('A cluster without servers.');
  const servers: Servers = {
    dir,
    nats,
    cluster,
    natsUrl: cluster === undefined ? nats.url : cluster.urls.join(','),
    postgres: postgresResult.value,
    redis: redisResult.value,
    stop,
    [Symbol.asyncDispose]: stop,
  };
  if (options.prepared !== false) {
    try {
      await prepare(servers);
    } catch (error) {
      await stop();
      throw error;
    }
  }
  return servers;
}

async function prepare({ nats, cluster, postgres }: Servers): Promise<void> {
  await provision(nats.url, cluster === undefined ? 1 : 3);
  await migrate(postgres.databaseUrl, migrationFolders.read, {});
  await migrate(postgres.vaultUrl, migrationFolders.vault, {});
}
