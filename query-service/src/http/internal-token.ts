import { createSecretKey } from 'node:crypto';
import { Caller } from '@parley/contracts/envelope/caller';
import { errors, jwtVerify } from 'jose';
import { ProblemError } from '../problem-error.ts';

const clockToleranceSeconds = 5;
const tokenCharsMax = 2_048;

/**
 * Reads who asks from the short-lived token (HS256, `sub` a person or `system`, `kind`) that a gateway made of what it
 * verified itself. Throws the problems unauthenticated and token-expired.
 */
export function internalTokens(key: Uint8Array): (authorization: string | undefined) => Promise<Caller> {
  const secret = createSecretKey(key);
  return async (authorization) => {
    const token = /^Bearer ([A-Za-z0-9_.-]+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined || token.length > tokenCharsMax) throw new ProblemError('unauthenticated');
    try {
      const { payload } = await jwtVerify(token, secret, { algorithms: ['HS256'], requiredClaims: ['sub', 'exp'], clockTolerance: clockToleranceSeconds });
      return Caller.parse({ userId: payload.sub, kind: payload['kind'] });
    } catch (error) {
      throw new ProblemError(error instanceof errors.JWTExpired ? 'token-expired' : 'unauthenticated');
    }
  };
}
