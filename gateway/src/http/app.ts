import type { Socket } from 'node:net';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { Caller } from '@parley/contracts/envelope/caller';
import { problem, type Problem } from '@parley/contracts/problems/codes';
import type { Health } from '@parley/kernel/lifecycle/health';
import { logger } from '@parley/kernel/telemetry/log';
import { withSpan } from '@parley/kernel/telemetry/trace';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Execute } from '../commands/execute.ts';
import type { GatewayConfig } from '../config.ts';
import type { Limits } from '../limits/limits.ts';
import { requestStore } from '../limits/request-store.ts';
import type { Live } from '../live/live.ts';
import type { IdentityProvider } from '../session/identity.ts';
import { sessionRoutes } from '../session/routes.ts';
import type { Tokens } from '../session/tokens.ts';
import { authenticate } from './authenticate.ts';
import { commandRoutes } from './commands.ts';
import { docsRoutes } from './docs.ts';
import { eventRoutes } from './events.ts';
import { takeJson } from './json-body.ts';
import { KnownPaths } from './known-paths.ts';
import { isTrustedOrigin, remoteAddress } from './peers.ts';
import { problemOf, problemType, ProblemError } from './problem-error.ts';
import type { QueryClient } from './query-client.ts';
import { queryRoutes } from './queries.ts';
import { pageRoutes } from './page.ts';

export type AppParts = {
  readonly config: GatewayConfig;
  readonly health: Health;
  readonly tokens: Tokens;
  readonly identity: IdentityProvider;
  readonly execute: Execute;
  readonly queries: QueryClient;
  readonly limits: Limits;
  readonly live: Live | undefined;
};

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, on routes that need somebody. */
    caller: Caller | undefined;
  }
}

export const bodyBytesMax = 64 * 1024;
const requestMsMax = 15_000;
const paramCharsMax = 128;
const rateWindowMs = 10_000;

/** The HTTP side of a gateway. Every refusal is a problem of RFC 9457. */
export async function createApp(parts: AppParts): Promise<FastifyInstance> {
  const { config, health, live } = parts;
  const app = fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: requestMsMax,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    http: { headersTimeout: requestMsMax, maxHeaderSize: 16 * 1024 },
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: paramCharsMax },
    frameworkErrors: (error, _request, reply) => void sendProblem(reply as unknown as FastifyReply, problemOf(error) ?? problem('malformed')),
    clientErrorHandler: refuseRaw,
  });
  const known = new KnownPaths(app);
  app.decorateRequest('caller', undefined);
  takeJson(app);
  app.setErrorHandler((error, request, reply) => onError(error, request, reply));
  app.setNotFoundHandler({ preHandler: [] }, (request, reply) => {
    const allowed = known.methodsFor(request.url);
    if (allowed.length > 0 && !allowed.includes(request.method)) return sendProblem(reply.header('allow', allowed.join(', ')), problem('method-not-allowed'));
    return sendProblem(reply, problem('not-found'));
  });
  await protect(app, parts);
  health.routes({ get: (path, handler) => app.get(path, handler as never) });
  if (config.GATEWAY_ROLE !== 'live') {
    sessionRoutes(app, parts);
    commandRoutes(app, parts);
    queryRoutes(app, parts);
    await docsRoutes(app);
    await pageRoutes(app, config.WEB_ROOT);
  }
  if (live) eventRoutes(app, live, parts.tokens);
  return app;
}

async function protect(app: FastifyInstance, { config, tokens, limits }: AppParts): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"], scriptSrc: ["'self'"], styleSrc: ["'self'", "'unsafe-inline'"], imgSrc: ["'self'", 'data:', 'blob:'], fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'", 'ws:', 'wss:'], objectSrc: ["'none'"], baseUri: ["'self'"], formAction: ["'self'"], frameAncestors: ["'none'"], workerSrc: ["'self'", 'blob:'], manifestSrc: ["'self'"],
      },
    },
    crossOriginEmbedderPolicy: false,
    // Set where TLS ends.
    strictTransportSecurity: false,
  });
  await app.register(cors, {
    origin: [...config.PUBLIC_ORIGINS], methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'idempotency-key', 'last-event-id', 'traceparent'], exposedHeaders: ['retry-after'], maxAge: 600,
  });
  app.addHook('onRequest', async (request, reply) => {
    if (request.headers.origin !== undefined && !isTrustedOrigin(request.raw, config.PUBLIC_ORIGINS) && request.method !== 'GET' && request.method !== 'HEAD') throw new ProblemError(problem('origin-refused'));
    if (request.headers.authorization !== undefined || request.url.startsWith('/v1/')) reply.header('cache-control', 'no-store');
  });
  await app.register(rateLimit, {
    global: true, hook: 'onRequest', max: config.REQUESTS_PER_SECOND_MAX * (rateWindowMs / 1_000), timeWindow: rateWindowMs, nameSpace: 'requests', store: requestStore(limits),
    allowList: (request) => request.url.startsWith('/health') || request.url === '/metrics',
    // A person behind a shared address has a share of their own; a token that is not ours counts for the address.
    keyGenerator: async (request) => {
      const caller = await authenticate(tokens, request);
      return caller.ok ? caller.caller.userId : remoteAddress(request.raw, config.TRUST_PROXY);
    },
    errorResponseBuilder: (_request, { ttl }) => new ProblemError(problem('rate-limited', { retryAfterMs: ttl })),
  });
}

export function sendProblem(reply: FastifyReply, of: Problem): FastifyReply {
  if (of.retryAfterMs !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(of.retryAfterMs / 1_000))));
  if (of.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(of.status).header('content-type', problemType).header('cache-control', 'no-store').send(JSON.stringify(of));
}

function onError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = problemOf(error);
  if (known) return sendProblem(reply, known);
  withSpan('gateway.error', {}, () => logger('gateway').error({ err: error, method: request.method, route: request.routeOptions.url }, 'a request failed'));
  return sendProblem(reply, problem('internal'));
}

/** Whoever types a search into a command line meets this first. */
const notAscii = 'An address has ASCII characters alone; others are percent-encoded: 안녕 is %EC%95%88%EB%85%95.';

/** What is not even HTTP: answered in HTTP all the same, then the connection ends. */
function refuseRaw(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const of = error.code === 'HPE_INVALID_URL' ? problem('malformed', { detail: notAscii }) : problem(error.code === 'HPE_HEADER_OVERFLOW' ? 'headers-too-large' : 'malformed');
  const body = JSON.stringify(of);
  socket.end(`HTTP/1.1 ${of.status} Refused\r\nContent-Type: ${problemType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}
