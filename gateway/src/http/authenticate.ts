import { problem } from '@parley/contracts/problems/codes';
import type { FastifyRequest } from 'fastify';
import type { Tokens, Verified } from '../session/tokens.ts';
import { ProblemError } from './problem-error.ts';

/** Who a request's bearer token belongs to. Verified tokens are remembered, so asking twice costs a hash. */
export async function authenticate(tokens: Tokens, request: FastifyRequest): Promise<Verified> {
  const match = /^Bearer ([A-Za-z0-9._-]{1,2048})$/i.exec(request.headers.authorization ?? '');
  return match ? tokens.verify(match[1] ?? '') : { ok: false, problem: problem('unauthenticated') };
}

/** A hook for routes that need somebody. */
export function requireCaller(tokens: Tokens): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const verified = await authenticate(tokens, request);
    if (!verified.ok) throw new ProblemError(verified.problem);
    request.caller = verified.caller;
  };
}
