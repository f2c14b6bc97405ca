import fastify from 'fastify';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { requireWorkspace } from '@parley/kernel/event-store/workspace';
import { createHealth, type RouteHost } from '@parley/kernel/lifecycle/health';
import type { Service } from '@parley/kernel/lifecycle/run-service';
import { connectNats, type NatsConnection } from '@parley/kernel/nats/connect';
import { readEpochs } from '@parley/kernel/nats/epochs';
import { natsOf } from '@parley/kernel/nats/settings';
import { followErasures } from '@parley/kernel/sealing/erasures';
import { createOpener } from '@parley/kernel/sealing/opener';
import { openOpenSearch } from '@parley/kernel/search/opensearch';
import { openPostgres, type Sql } from '@parley/kernel/stores/postgres';
import { openRedis } from '@parley/kernel/stores/redis';
import { redisOf } from '@parley/kernel/stores/redis-settings';
import { openVault } from '@parley/kernel/vault/postgres-vault';
import { VaultUnavailable } from '@parley/kernel/vault/vault';
import type { ProjectorsConfig } from './config.ts';
import { prepareReadDatabase } from './generations/first.ts';
import { allProjections } from './projections/all.ts';
import { createGroupCommit } from './runner/group-commit.ts';
import { Ownership } from './runner/ownership.ts';
import { projectionsHealth } from './runner/projections-health.ts';
import { Runner } from './runner/runner.ts';
import type { AnyProjection } from './runner/projection.ts';
import { openSearchTarget } from './search/opensearch-target.ts';
import { postgresTarget } from './search/postgres-target.ts';
import { SearchIndexer } from './search/search-indexer.ts';
import { createTailWarmer, type TailWarmer } from './tails/tail-warmer.ts';
import { AnalystWatch } from './use/analyst-watch.ts';
import { DeliveryKeeper } from './use/delivery-keeper.ts';

const connectionsMax = 12;
const searchConnectionsMax = 4;
/** Whoever asked has ended by then; a database that is away is not waited for. */
const endSeconds = 2;

/** Brings the read database up to date, then starts every projection on every stream; resolves when health is served. The caller disposes it. */
export async function startProjectors(config: ProjectorsConfig, projectionsOf: (tails: TailWarmer) => readonly AnyProjection[] = allProjections): Promise<Service> {
  const nc = await connectNats({ ...natsOf(config), name: `projectors-${config.INSTANCE_ID}` });
  const sql = openPostgres(config.DATABASE_URL, { max: connectionsMax, name: `parley-projectors-${config.INSTANCE_ID}` });
  const vault = openVault({ url: config.VAULT_URL, kek: config.PARLEY_KEK, role: 'projectors' });
  const cache = openRedis(redisOf(config));
  const epochs = await readEpochs(nc);
  await requireWorkspace(nc, config.PARLEY_WS);
  // A vault that is away is waited for by every lane; with another key than its own, each would set aside all rooms as broken.
  await vault.get(['pepper']).catch((error: unknown) => {
    if (!(error instanceof VaultUnavailable)) throw error;
  });
  const tails = createTailWarmer(sql, cache);
  const projections = projectionsOf(tails);
  await prepareReadDatabase(config.DATABASE_URL, sql, projections);
  await noteEpoch(sql, epochs.combined);
  const ownership = new Ownership(config.DATABASE_URL, config.INSTANCE_ID);
  const opener = createOpener(vault, config.PARLEY_WS);
  const unfollow = followErasures(nc, (scope) => opener.forget(scope));
  const deps = { sql, nc, log: await openJetStreamLog(nc), opener, group: createGroupCommit(sql) };
  const runner = new Runner(config.INSTANCE_ID, deps, ownership, projections);

  const search = startSearch(config, nc, ownership);
  const deliveries = new DeliveryKeeper(nc, sql);
  const analysts = new AnalystWatch(sql, config.ANALYST_SECONDS_MAX);

  const health = createHealth();
  health.check('database', () => ownership.trouble());
  health.check('projections', () => runner.trouble());
  const http = fastify({ logger: false });
  health.routes(http as unknown as RouteHost);
  // Ready all the same: rows are made, and only what was said lately cannot be found.
  http.get('/health/search', async () => ({ trouble: search.trouble() ?? null }));
  // Ready all the same: lanes that are behind are being worked on.
  http.get('/health/projections', async () => projectionsHealth(runner.reports));
  const url = await http.listen({ host: config.HOST, port: config.PORT });
  health.started();
  return {
    url,
    port: Number(new URL(url).port),
    async [Symbol.asyncDispose]() {
      health.stopping();
      unfollow();
      await search[Symbol.asyncDispose]();
      await runner[Symbol.asyncDispose]();
      await deliveries[Symbol.asyncDispose]();
      await analysts[Symbol.asyncDispose]();
      await tails.idle();
      // At once, because each may wait for a server that is away.
      await Promise.all([ownership[Symbol.asyncDispose](), http.close(), cache[Symbol.asyncDispose](), vault[Symbol.asyncDispose](), sql.end({ timeout: endSeconds })]);
      await nc.close();
    },
  };
}

type StartedSearch = AsyncDisposable & { trouble(): string | undefined };

/** The indexer of the one index that is set up, over connections of its own: it never holds up the rows. */
function startSearch(config: ProjectorsConfig, nc: NatsConnection, ownership: Ownership): StartedSearch {
  const { OPENSEARCH_URL } = config;
  const sql = openPostgres(config.DATABASE_URL, { max: searchConnectionsMax, name: `parley-search-indexer-${config.INSTANCE_ID}` });
  const openSearch = OPENSEARCH_URL === undefined ? undefined : openOpenSearch({ ...config, OPENSEARCH_URL });
  const target = openSearch ? openSearchTarget(openSearch, config.OPENSEARCH_INDEX, sql) : postgresTarget(sql);
  const indexer = new SearchIndexer({ nc, sql }, ownership, target);
  return {
    trouble: () => indexer.trouble(),
    async [Symbol.asyncDispose]() {
      await indexer[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
      await openSearch?.close();
      await sql.end({ timeout: endSeconds });
    },
  };
}

/**
 * Queries stamp their cursors with the log's epoch. A database that was filled from another log keeps the old one: its
 * checkpoints refuse to go on, so nothing it says is of the new log.
 */
async function noteEpoch(sql: Sql, epoch: string): Promise<void> {
  await sql`
    insert into ops.log (epoch) select ${epoch} where not exists (select 1 from ops.checkpoint where seq > 0)
    on conflict (one) do update set epoch = excluded.epoch, updated_at = now() where ops.log.epoch <> excluded.epoch`;
}
