import type { FastifyReply } from 'fastify';
import { problem, type Problem } from '@parley/contracts/problems/codes';
import { logger } from '@parley/kernel/telemetry/log';
import { ProblemError, problemOf } from '../problem-error.ts';

/** Ends a request with `application/problem+json` (RFC 9457). What broke is in our log, never in the answer. */
export function sendError(reply: FastifyReply, error: unknown): FastifyReply {
  const body = problemOf(error);
  if (body.code === 'internal') logger('query-service').error({ err: error }, 'a query failed');
  else if (body.status >= 500 && !(error instanceof ProblemError)) logger('query-service').warn({ code: body.code, err: error }, 'a query could not be answered');
  return sendProblem(reply, body);
}

// Bytes, because to text the framework adds a charset that JSON has no use for.
export function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  if (body.retryAfterMs !== undefined) reply.header('retry-after', Math.max(1, Math.ceil(body.retryAfterMs / 1_000)));
  return reply.code(body.status).header('content-type', 'application/problem+json').header('cache-control', 'no-store').send(Buffer.from(JSON.stringify(body)));
}

/** For what is no question: another method than GET is refused as such, anything else does not exist. */
export function sendUnknown(reply: FastifyReply, method: string): FastifyReply {
  if (method === 'GET' || method === 'HEAD') return sendProblem(reply, problem('not-found'));
  return sendProblem(reply.header('allow', 'GET'), problem('method-not-allowed'));
}
