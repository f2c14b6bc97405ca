import { problem } from '@parley/contracts/problems/codes';
import { jwksPath, sessionPath, SignIn } from '@parley/contracts/realtime/session';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AppParts } from '../http/app.ts';
import { authenticate } from '../http/authenticate.ts';
import { remoteAddress } from '../http/peers.ts';
import { ProblemError } from '../http/problem-error.ts';

const minuteMs = 60_000;

/** Sign-in, renewal, and the public keys. */
export function sessionRoutes(app: FastifyInstance, { config, tokens, identity }: AppParts): void {
  const rateLimit = { max: config.SIGN_INS_PER_MINUTE_MAX, timeWindow: minuteMs, nameSpace: 'sign-ins', keyGenerator: (request: { raw: Parameters<typeof remoteAddress>[0] }) => remoteAddress(request.raw, config.TRUST_PROXY) };
  const signIn = async (request: FastifyRequest): Promise<object> => {
    const parsed = SignIn.safeParse(request.body);
    if (!parsed.success) throw new ProblemError(problem('invalid', { detail: 'Send {"name":"…"} or {"guest":true}.', errors: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })) }));
    const identified = await identity.identify(parsed.data);
    if (!identified.ok) throw new ProblemError(identified.problem);
    const { bearer, cursor } = identified;
    const issued = await tokens.issue(bearer);
    return { ...issued, userId: bearer.userId, name: bearer.name, kind: bearer.kind, ...(cursor !== undefined && { cursor }) };
  };
  const renew = async (request: FastifyRequest): Promise<object> => {
    const verified = await authenticate(tokens, request);
    if (!verified.ok) throw new ProblemError(verified.problem);
    const issued = (await identity.isErased(verified.caller.userId)) ? undefined : await tokens.renew(verified);
    if (!issued) throw new ProblemError(problem('token-expired', { detail: 'The session has ended.' }));
    const { userId, kind } = verified.caller;
    return { ...issued, userId, name: verified.name, kind };
  };
  app.post(sessionPath, { config: { rateLimit } }, (request) => signIn(request));
  app.post(`${sessionPath}/renew`, { config: { rateLimit } }, (request) => renew(request));
  app.get(jwksPath, async (_request, reply) => reply.header('cache-control', 'public, max-age=300').send(tokens.jwks));
}
