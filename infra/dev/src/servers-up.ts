import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { ProvisionError, provisionStreams } from '@parley/kernel/nats/provision';
import { migrate, MigrationError } from '@parley/kernel/stores/migrate';
import { ROOT } from './paths.ts';
import { keptSecrets } from './secrets.ts';
import { makeServiceRoles } from './service-roles.ts';
import { takingPorts } from './servers/free-port.ts';
import { ensureNats, startNats } from './servers/nats.ts';
import { ensureOpenSearch, startOpenSearch } from './servers/opensearch.ts';
import { ensurePostgres, startPostgres } from './servers/postgres.ts';
import { ensureRedis, startRedis } from './servers/redis.ts';
import type { ServiceWorld } from './services.ts';
import type { KeptState } from './state.ts';
import { PlainError, type Progress, step } from './steps.ts';
import type { Part } from './supervisor.ts';

/** Folders of SQL files, and which database each is for. */
export const migrationFolders = {
  read: join(ROOT, 'projectors', 'migrations'),
  vault: join(ROOT, 'infra', 'kernel', 'vault', 'migrations'),
} as const;

/**
 * Starts NATS, PostgreSQL, Redis and, where it is asked for, OpenSearch below the kept folder, provisions the streams and migrates both databases.
 * Each started server is handed to `keep` at once, so that whatever happens next, it is ended in order.
 */
export async function bringServersUp(state: KeptState, search: 'postgres' | 'opensearch', keep: (part: Part) => void): Promise<ServiceWorld> {
  await step('NATS server', ensureNats);
  await step('PostgreSQL', ensurePostgres);
  const hasRedis = (await step('Redis', ensureRedis)) !== undefined;

  if (search === 'opensearch') await step('OpenSearch', ensureOpenSearch);

  const start = <T extends Part>(name: string, work: (note: Progress) => Promise<T>): Promise<T> => step(name, (note) => takingPorts(async () => {
    const started = await work(note);
    keep(started);
    return started;
  }));
  const nats = await start('start NATS', async (note) => {
    const port = await state.portFor('nats', note);
    return startNats({ dir: join(state.dir, 'nats'), port, httpPort: await state.portFor('natsMonitor'), sync: 'always' });
  });
  const pg = await start('start PostgreSQL', async (note) => startPostgres({ dir: join(state.dir, 'postgres'), port: await state.portFor('postgres', note) }));
  const redis = hasRedis ? await start('start Redis', async (note) => startRedis({ dir: join(state.dir, 'redis'), port: await state.portFor('redis', note) })) : undefined;
  const openSearch = search === 'opensearch' ? await start('start OpenSearch', async (note) => startOpenSearch({ dir: join(state.dir, 'opensearch'), port: await state.portFor('opensearch', note) })) : undefined;

  await step('streams', () => orFresh(provision(nats.url)));
  await step('tables', async (note) => {
    await orFresh(migrate(pg.databaseUrl, migrationFolders.read, { progress: note }));
    await orFresh(migrate(pg.vaultUrl, migrationFolders.vault, { progress: note }));
  });
  const { databaseUrl, vaultUrl } = pg;
  return {
    natsUrl: nats.url,
    natsMonitorUrl: nats.monitorUrl,
    databaseUrl,
    vaultUrl,
    own: await makeServiceRoles({ databaseUrl, vaultUrl }),
    redisUrl: redis?.url,
    openSearch: openSearch && { url: openSearch.url },
    secrets: await keptSecrets(join(state.dir, 'secrets.json')),
  };
}

/** Data of another build is a thing that happens to a developer: what to do about it is said beside what is wrong. */
async function orFresh<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof MigrationError || error instanceof ProvisionError)) throw error;
    throw new PlainError(`${error.message}\nThe data kept here fits another build. \`npm start -- --fresh\` forgets it.`);
  }
}

/** Makes the streams and buckets the services need, each with one replica. */
export async function provision(natsUrl: string, replicas: 1 | 3 = 1): Promise<void> {
  const nc = await connect({ servers: natsUrl });
  try {
    await provisionStreams(nc, { replicas });
  } finally {
    await nc.close();
  }
}
