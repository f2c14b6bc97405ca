import { problem } from '@parley/contracts/problems/codes';
import { clientCommands } from '@parley/contracts/registry/commands';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { frameRule } from '../limits/frame-rule.ts';
import type { AppParts } from './app.ts';
import { requireCaller } from './authenticate.ts';
import { ProblemError } from './problem-error.ts';

/** Every command that clients may send, under the route its contract names. */
export function commandRoutes(app: FastifyInstance, { config, tokens, execute, limits }: AppParts): void {
  const frames = limits.of(frameRule(config));
  const onRequest = requireCaller(tokens);
  for (const { type, route } of clientCommands) {
    if (!route) continue;
    app.route({
      method: route.method,
      url: route.path,
      onRequest,
      handler: async (request, reply) => {
        const { caller } = request;
        if (!caller) throw new ProblemError(problem('unauthenticated'));
        const waitMs = frames.take(caller.userId);
        if (waitMs > 0) throw new ProblemError(problem('rate-limited', { retryAfterMs: Math.ceil(waitMs) }));
        const { id, fields } = parts(request);
        const executed = await execute({ id, command: { ...fields, type }, caller, traceparent: traceparentOf(request) });
        if (!executed.ok) throw new ProblemError(executed.problem);
        return reply.header('cache-control', 'no-store').send(executed.answer);
      },
    });
  }
}

/** The command's id and its fields: path parameters and body together, each named once. */
function parts(request: FastifyRequest): { id: unknown; fields: Record<string, unknown> } {
  const body = request.body ?? {};
  if (typeof body !== 'object' || Array.isArray(body)) throw new ProblemError(problem('malformed', { detail: 'The body is one JSON object.' }));
  const { id: bodyId, ...fields } = body as Record<string, unknown>;
  const params = request.params as Record<string, string>;
  const clash = Object.keys(params).find((name) => name in fields && fields[name] !== params[name]);
  if (clash !== undefined) throw new ProblemError(problem('invalid', { errors: [{ path: clash, message: 'is named in the path' }] }));
  if ('type' in fields) throw new ProblemError(problem('invalid', { errors: [{ path: 'type', message: 'is named by the path' }] }));
  const header = request.headers['idempotency-key'];
  return { id: header ?? bodyId, fields: { ...fields, ...params } };
}

const traceparentOf = (request: FastifyRequest): string | undefined => {
  const { traceparent } = request.headers;
  return typeof traceparent === 'string' ? traceparent : undefined;
};
