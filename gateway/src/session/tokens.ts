import { hash } from 'node:crypto';
import { Caller } from '@parley/contracts/envelope/caller';
import { type Problem, problem } from '@parley/contracts/problems/codes';
import { calculateJwkThumbprint, type CryptoKey, errors, exportJWK, importJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';

export const tokenIssuer = 'parley';
export const tokenAudience = 'parley';
export const tokenSecondsMax = 60 * 60;
/** A session may be renewed for so long after its sign-in. */
const sessionSecondsMax = 30 * 24 * 60 * 60;
const clockToleranceSeconds = 5;
const tokenCharsMax = 2_048;
const verifiedMax = 50_000;
const deniedMax = 20_000;
const cryptoAlgorithm = 'EdDSA';
const tokenType = 'at+jwt';

/** Who a token says its bearer is. */
export type Bearer = Caller & { readonly name: string };
export type Verified =
  | { readonly ok: true; readonly caller: Caller; readonly name: string; readonly signedInAt: number; readonly expiresAtMs: number }
  | { readonly ok: false; readonly problem: Problem };
export type Issued = { readonly token: string; readonly expiresAt: number };

type Keys = { readonly signing: { readonly key: CryptoKey | Uint8Array; readonly kid: string }; readonly verifying: ReadonlyMap<string, CryptoKey | Uint8Array>; readonly jwks: { readonly keys: readonly JWK[] } };

/** Signs and verifies people's tokens: Ed25519, our own keys only, one type, one issuer, one audience. */
export class Tokens {
  readonly #keys: Keys;
  readonly #secondsMax: number;
  readonly #verified = new LRUCache<string, Extract<Verified, { ok: true }>>({ max: verifiedMax });
  /** Tokens of these people from before this moment (ms) no longer count. */
  readonly #denied = new LRUCache<string, number>({ max: deniedMax, ttl: tokenSecondsMax * 1_000 });

  private constructor(keys: Keys, secondsMax: number) {
    this.#keys = keys;
    this.#secondsMax = secondsMax;
  }

  /** `jwks`: private Ed25519 keys, the first of which signs; all verify. `secondsMax`: for how long a token lives. Throws TypeError for any other. */
  static async open(jwks: { readonly keys: readonly JWK[] }, secondsMax: number = tokenSecondsMax): Promise<Tokens> {
    const loaded = await Promise.all(jwks.keys.map(loadKey));
    const [first] = loaded;
    if (!first) throw new TypeError('there is no signing key');
    return new Tokens({
      signing: first,
      verifying: new Map(loaded.map(({ kid, publicKey }) => [kid, publicKey])),
      jwks: { keys: loaded.map(({ publicJwk }) => publicJwk) },
    }, secondsMax);
  }

  /** Public keys, for `/.well-known/jwks.json`. */
  get jwks(): { readonly keys: readonly JWK[] } {
    return this.#keys.jwks;
  }

  /** A token for an hour, or what was configured. `signedInAt`: seconds since 1970 of the sign-in that the session began with. */
  async issue(bearer: Bearer, signedInAt: number = Math.floor(Date.now() / 1_000)): Promise<Issued> {
    const now = Math.floor(Date.now() / 1_000);
    const expires = now + this.#secondsMax;
    const token = await new SignJWT({ kind: bearer.kind, name: bearer.name, auth_time: signedInAt })
      .setProtectedHeader({ alg: cryptoAlgorithm, typ: tokenType, kid: this.#keys.signing.kid })
      .setIssuer(tokenIssuer)
      .setAudience(tokenAudience)
      .setSubject(bearer.userId)
      .setIssuedAt(now)
      .setExpirationTime(expires)
      .sign(this.#keys.signing.key);
    return { token, expiresAt: expires * 1_000 };
  }

  /** A fresh token for who holds a valid one, or undefined when its session has become too old. */
  renew(verified: Extract<Verified, { ok: true }>): Promise<Issued> | undefined {
    if (Date.now() / 1_000 - verified.signedInAt > sessionSecondsMax) return undefined;
    return this.issue({ ...verified.caller, name: verified.name }, verified.signedInAt);
  }

  /** Tokens given to this person until now stop counting here. */
  deny(userId: string): void {
    this.#denied.set(userId, Date.now());
    for (const [key, verified] of this.#verified.entries()) if (verified.caller.userId === userId) this.#verified.delete(key);
  }

  /** Says who a token belongs to, or why it is refused. Verified once, then remembered by its hash until it expires. Never throws. */
  async verify(token: string): Promise<Verified> {
    if (token.length > tokenCharsMax) return refusal('unauthenticated');
    const cacheKey = hash('sha256', token, 'base64url');
    const known = this.#verified.get(cacheKey);
    if (known) return known.expiresAtMs > Date.now() ? known : refusal('token-expired');
    const verified = await this.#check(token);
    if (verified.ok) this.#verified.set(cacheKey, verified, { ttl: Math.max(1, verified.expiresAtMs - Date.now()) });
    return verified;
  }

  async #check(token: string): Promise<Verified> {
    try {
      const { payload } = await jwtVerify(token, ({ kid }) => this.#keyOf(kid), {
        algorithms: [cryptoAlgorithm], typ: tokenType, issuer: tokenIssuer, audience: tokenAudience,
        clockTolerance: clockToleranceSeconds, requiredClaims: ['sub', 'iat', 'exp', 'aud', 'iss'],
      });
      const caller = Caller.safeParse({ userId: payload.sub, kind: payload['kind'] });
      if (!caller.success || !isPerson(caller.data) || typeof payload.aud !== 'string') return refusal('unauthenticated');
      const issuedAtMs = (payload.iat ?? 0) * 1_000;
      if (issuedAtMs <= (this.#denied.get(caller.data.userId) ?? -1)) return refusal('unauthenticated');
      const name = typeof payload['name'] === 'string' ? payload['name'] : '';
      const signedInAt = typeof payload['auth_time'] === 'number' ? payload['auth_time'] : (payload.iat ?? 0);
      return { ok: true, caller: caller.data, name, signedInAt, expiresAtMs: (payload.exp ?? 0) * 1_000 };
    } catch (error) {
      return refusal(error instanceof errors.JWTExpired ? 'token-expired' : 'unauthenticated');
    }
  }

  #keyOf(kid: string | undefined): CryptoKey | Uint8Array {
    const key = kid === undefined ? undefined : this.#keys.verifying.get(kid);
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key;
  }
}

const refusal = (code: 'unauthenticated' | 'token-expired'): Verified => ({ ok: false, problem: problem(code) });

const isPerson = ({ userId, kind }: Caller): boolean => userId !== 'system' && (kind === 'user' || kind === 'guest');

async function loadKey(jwk: JWK) {
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk.d !== 'string') throw new TypeError('signing keys must be private Ed25519 keys');
  const kid = jwk.kid ?? (await calculateJwkThumbprint(jwk));
  const { d: _, ...publicPart } = jwk;
  const key = await importJWK({ ...jwk, alg: cryptoAlgorithm }, cryptoAlgorithm);
  const publicKey = await importJWK({ ...publicPart, alg: cryptoAlgorithm }, cryptoAlgorithm, { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: cryptoAlgorithm, use: 'sig' };
  return { key, kid, publicKey, publicJwk };
}
