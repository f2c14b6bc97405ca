import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll, isBrokenCircuitError, timeout, TimeoutStrategy, isTaskCancelledError, wrap } from 'cockatiel';
import type { Caller } from '@parley/contracts/envelope/caller';
import { type Problem, problem } from '@parley/contracts/problems/codes';
import type { DataOf } from '@parley/contracts/queries/define';
import { memberships } from '@parley/contracts/queries/queries';
import { currentTraceparent } from '@parley/kernel/telemetry/trace';
import { SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { Pool } from 'undici';

const queryMsMax = 5_000;
const connectionsMax = 64;
const failuresMax = 10;
const restMs = 1_000;
const answerBytesMax = 8 * 1024 * 1024;
/** Tokens between gateway and query-service live for a minute and are used for half of it. */
const tokenSeconds = 60;
const tokenUsedMsMax = 30_000;
const tokensMax = 20_000;
export const internalAudience = 'parley-query';
export const internalIssuer = 'parley-gateway';

export type Memberships = DataOf<typeof memberships>;
export type QueryAnswer = { readonly status: number; readonly body: string };

export type QueryClient = {
  /** Asks a path (with its query string) for a caller. The answer is passed on as it is; rejects with QueryUnavailable. */
  get(path: string, caller: Caller): Promise<QueryAnswer>;
  /** Current memberships of a person, at their own position. Rejects with QueryUnavailable. */
  memberships(userId: string, after: string): Promise<Memberships>;
  /** Why the query side is not asked at the moment, or undefined. */
  trouble(): string | undefined;
  close(): Promise<void>;
};

export class QueryUnavailable extends Error {
  override readonly name = 'QueryUnavailable';
  readonly problem: Problem;
  constructor(detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.problem = problem('unavailable', { detail, retryAfterMs: restMs });
  }
}

const system: Caller = { userId: 'system', kind: 'system' };

/** Speaks to the query-service over HTTP: pooled, ended after 5 s, and not asked at all for a second after ten failures in a row. */
export function createQueryClient(url: string, internalKey: Uint8Array): QueryClient {
  const pool = new Pool(new URL(url).origin, { connections: connectionsMax, pipelining: 1, headersTimeout: queryMsMax, bodyTimeout: queryMsMax, connect: { timeout: 2_000 } });
  const breaker = circuitBreaker(handleAll, { halfOpenAfter: restMs, breaker: new ConsecutiveBreaker(failuresMax) });
  const policy = wrap(breaker, timeout(queryMsMax, TimeoutStrategy.Aggressive));
  const tokenOf = internalTokens(internalKey);

  const get = async (path: string, caller: Caller): Promise<QueryAnswer> => {
    const traceparent = currentTraceparent();
    const headers = { authorization: `Bearer ${await tokenOf(caller)}`, accept: 'application/json', ...(traceparent && { traceparent }) };
    try {
      return await policy.execute(async ({ signal }) => {
        const answer = await pool.request({ path, method: 'GET', headers, signal });
        const body = await boundedText(answer.body);
        // A service that says it cannot is asked less, like one that says nothing.
        if (answer.statusCode === 502 || answer.statusCode === 504) throw new Error(`query-service answered ${answer.statusCode}`);
        return { status: answer.statusCode, body };
      });
    } catch (error) {
      if (isBrokenCircuitError(error)) throw new QueryUnavailable('The query service does not answer.', { cause: error });
      if (isTaskCancelledError(error)) throw new QueryUnavailable('The query service did not answer in time.', { cause: error });
      throw new QueryUnavailable('The query service cannot be reached.', { cause: error });
    }
  };
  return {
    get,
    async memberships(userId, after) {
      const { status, body } = await get(`${memberships.path}?${new URLSearchParams({ userId, after }).toString()}`, system);
      if (status !== 200) throw new QueryUnavailable(`memberships were answered with ${status}`);
      const parsed = memberships.data.safeParse((JSON.parse(body) as { data?: unknown }).data);
      if (!parsed.success) throw new QueryUnavailable('memberships were answered in another shape', { cause: parsed.error });
      return parsed.data;
    },
    trouble: () => (breaker.state === CircuitState.Open ? 'the query service does not answer' : undefined),
    close: () => pool.destroy(),
  };
}

async function boundedText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > answerBytesMax) throw new Error(`an answer of more than ${answerBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Short-lived HS256 tokens that tell the query-service who asks; one per caller is used for half a minute. */
function internalTokens(key: Uint8Array): (caller: Caller) => Promise<string> {
  const cache = new LRUCache<string, Promise<string>>({ max: tokensMax, ttl: tokenUsedMsMax });
  return ({ userId, kind }) => {
    const cacheKey = `${kind}:${userId}`;
    const known = cache.get(cacheKey);
    if (known) return known;
    const made = new SignJWT({ kind })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(userId)
      .setIssuer(internalIssuer)
      .setAudience(internalAudience)
      .setIssuedAt()
      .setExpirationTime(`${tokenSeconds}s`)
      .sign(key);
    cache.set(cacheKey, made);
    return made;
  };
}
