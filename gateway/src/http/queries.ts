import { problem } from '@parley/contracts/problems/codes';
import { queries as definitions } from '@parley/contracts/queries/queries';
import { decodeCursor } from '@parley/contracts/realtime/cursor';
import { withSpan } from '@parley/kernel/telemetry/trace';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AppParts } from './app.ts';
import { requireCaller } from './authenticate.ts';
import { problemType, ProblemError } from './problem-error.ts';

/** Every query, checked here and passed on to the query-service for the caller. */
export function queryRoutes(app: FastifyInstance, { tokens, queries }: AppParts): void {
  const onRequest = requireCaller(tokens);
  for (const definition of definitions) {
    app.get(definition.path, { onRequest }, async (request, reply) => {
      const { caller } = request;
      if (!caller) throw new ProblemError(problem('unauthenticated'));
      const params = check(request, definition.params);
      const path = addressOf(definition.path, params);
      const { traceparent } = request.headers;
      const answer = await withSpan(`gateway.query ${definition.name}`, { parent: typeof traceparent === 'string' ? traceparent : undefined }, () => queries.get(path, caller));
      return reply
        .code(answer.status)
        .header('content-type', answer.status < 400 ? 'application/json; charset=utf-8' : problemType)
        .header('cache-control', 'no-store')
        .send(answer.body);
    });
  }
}

function check(request: FastifyRequest, schema: (typeof definitions)[number]['params']): Record<string, unknown> {
  const query = request.query as Record<string, unknown>;
  const path = request.params as Record<string, unknown>;
  const clash = Object.keys(path).find((name) => name in query);
  if (clash !== undefined) throw new ProblemError(problem('invalid', { errors: [{ path: clash, message: 'is named in the path' }] }));
  const parsed = schema.safeParse({ ...query, ...path });
  if (!parsed.success) throw new ProblemError(problem('invalid', { errors: parsed.error.issues.slice(0, 20).map((issue) => ({ path: issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(',') : ''), message: issue.message })) }));
  const params = parsed.data as Record<string, unknown>;
  if (params['after'] !== undefined && !decodeCursor(params['after'])) throw new ProblemError(problem('cursor-invalid'));
  return params;
}

function addressOf(path: string, params: Record<string, unknown>): string {
  const rest = new URLSearchParams();
  const used = new Set<string>();
  const filled = path.replace(/:(\w+)/g, (_, name: string) => {
    used.add(name);
    return encodeURIComponent(textOf(params[name]));
  });
  for (const [name, value] of Object.entries(params)) if (value !== undefined && !used.has(name)) rest.set(name, textOf(value));
  return rest.size > 0 ? `${filled}?${rest.toString()}` : filled;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
