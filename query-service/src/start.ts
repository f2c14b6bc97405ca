import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { QueryBus } from '@nestjs/cqrs';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHealth, type Health, type RouteHost } from '@parley/kernel/lifecycle/health';
import type { Service } from '@parley/kernel/lifecycle/run-service';
import { serviceUrl } from '@parley/kernel/lifecycle/service-url';
import { openOpenSearch } from '@parley/kernel/search/opensearch';
import { openPostgres, type Sql } from '@parley/kernel/stores/postgres';
import { openRedis } from '@parley/kernel/stores/redis';
import { redisOf } from '@parley/kernel/stores/redis-settings';
import { meter } from '@parley/kernel/telemetry/telemetry';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { QueryServiceConfig } from './config.ts';
import { Checkpoints } from './freshness/checkpoints.ts';
import { openDoor } from './http/door.ts';
import { internalTokens } from './http/internal-token.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { sendError } from './http/send-problem.ts';
import { createTails, type Tails } from './messages/tails.ts';
import { QueryModule } from './query.module.ts';
import { openSearchIndex } from './search/opensearch-index.ts';
import { postgresIndex } from './search/postgres-index.ts';
import type { SearchIndex } from './search/search-index.ts';
import { SearchProgress } from './search/search-progress.ts';
import type { Search } from './search/search.query.ts';
import { QueryUse } from './use/query-use.ts';

const connectionsMax = 12;
const statementMsMax = 5_000;
const bodyBytesMax = 1_024;
const paramCharsMax = 400;

/** Starts the service: resolves when it listens, whether or not the database can be reached; health tells. */
export async function startQueryService(config: QueryServiceConfig): Promise<Service> {
  const sql = openPostgres(config.DATABASE_URL, { max: connectionsMax, name: `parley-query-${config.INSTANCE_ID}`, statementTimeoutMs: statementMsMax });
  const cache = openRedis(redisOf(config));
  const checkpoints = new Checkpoints(sql);
  const index = indexOf(config, sql);
  const progress = new SearchProgress(sql, index.name);
  const health = createHealth();
  health.check('read models', () => checkpoints.trouble());
  health.check('clock', () => checkpoints.clockTrouble());
  const use = new QueryUse(sql);
  const app = await createApp(sql, createTails(cache, checkpoints), { index, progress }, { checkpoints, use }, health, config.PARLEY_INTERNAL_KEY);
  const unobserve = observeDegradation(checkpoints);
  await checkpoints.firstRead();
  await app.listen(config.PORT, config.HOST);
  const { port } = app.getHttpServer().address() as { port: number };
  health.started();
  return {
    url: serviceUrl(config.HOST, port),
    port,
    async [Symbol.asyncDispose]() {
      health.stopping();
      await app.close();
      unobserve();
      await progress[Symbol.asyncDispose]();
      await index[Symbol.asyncDispose]();
      await use[Symbol.asyncDispose]();
      await checkpoints[Symbol.asyncDispose]();
      await cache[Symbol.asyncDispose]();
      await sql.end({ timeout: 5 });
    },
  };
}

function indexOf(config: QueryServiceConfig, sql: Sql): SearchIndex {
  const { OPENSEARCH_URL } = config;
  if (OPENSEARCH_URL === undefined) return postgresIndex(config.DATABASE_URL, config.INSTANCE_ID);
  return openSearchIndex(openOpenSearch({ ...config, OPENSEARCH_URL }), config.OPENSEARCH_INDEX, sql);
}

async function createApp(sql: Sql, tails: Tails, search: Search, { checkpoints, use }: { readonly checkpoints: Checkpoints; readonly use: QueryUse }, health: Health, key: Uint8Array): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: bodyBytesMax, forceCloseConnections: 'idle', routerOptions: { maxParamLength: paramCharsMax },
    // Addresses that cannot even be read never reach a route.
    frameworkErrors: (error: unknown, _request: unknown, reply: unknown) => { sendError(reply as FastifyReply, error); },
  });
  const app = await NestFactory.create<NestFastifyApplication>(QueryModule.of(sql, tails, search), adapter, { logger: ['error', 'warn'], abortOnError: false });
  app.useGlobalFilters(new ProblemFilter());
  const fastify = adapter.getInstance();
  health.routes(fastify as unknown as RouteHost);
  // Ready all the same: an old answer that says so is better than none.
  fastify.get('/health/projections', async () => ({ degraded: checkpoints.degraded() ?? null }));
  fastify.get('/health/search', async () => ({ index: search.index.name, trouble: search.index.trouble() ?? null }));
  await fastify.register(async (scope) => openDoor(scope as unknown as FastifyInstance, { bus: () => app.get(QueryBus), checkpoints, use, callerOf: internalTokens(key) }));
  await app.init();
  return app;
}

function observeDegradation(checkpoints: Checkpoints): () => void {
  const gauge = meter().createObservableGauge('parley_query_degraded', { description: '1 while projectors are missing or more than 5 s behind' });
  const observe: Parameters<ReturnType<typeof meter>['addBatchObservableCallback']>[0] = (result) => result.observe(gauge, checkpoints.degraded() === undefined ? 0 : 1);
  meter().addBatchObservableCallback(observe, [gauge]);
  return () => meter().removeBatchObservableCallback(observe, [gauge]);
}
