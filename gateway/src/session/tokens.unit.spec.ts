import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { cpuMsOf } from '@parley/tests/harness/cpu-ms';
import { beforeAll, describe, expect, test } from 'vitest';
import { type JWK, SignJWT } from 'jose';
import { UserId } from '@parley/contracts/ids';
import { type Bearer, Tokens } from './tokens.ts';

const bearer: Bearer = { userId: UserId.parse('0190a3b0-1111-7000-8000-00000000abcd'), kind: 'user', name: 'Ann' };
const makeKey = (kid: string) => {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { privateKey, jwk: { ...privateKey.export({ format: 'jwk' }), kid } as JWK };
};
const [ours, former, theirs] = [makeKey('k1'), makeKey('k0'), makeKey('k1')];
const nowS = Math.floor(Date.now() / 1_000);
const claims = { iss: 'parley', aud: 'parley', sub: bearer.userId, kind: 'user', name: 'Ann', iat: nowS, exp: nowS + 600 };
const forge = (payload: Record<string, unknown>, header: Record<string, unknown> = {}, key: Parameters<SignJWT['sign']>[0] = ours.privateKey) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: 'k1', ...header }).sign(key, { crit: { odd: true } });
const raw = (header: object, payload: object, signature = '') => [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') + `.${signature}`;

let tokens: Tokens;
beforeAll(async () => { tokens = await Tokens.open({ keys: [ours.jwk, former.jwk] }); });
const codeOf = async (token: string) => {
  const verified = await tokens.verify(token);
  return verified.ok ? 'ok' : verified.problem.code;
};

describe('a token of ours', () => {
  test('says who its bearer is', async () => {
    const { token, expiresAt } = await tokens.issue(bearer);
    expect(await tokens.verify(token)).toMatchObject({ ok: true, caller: { userId: bearer.userId, kind: 'user' }, name: 'Ann', expiresAtMs: expiresAt });
    expect(expiresAt).toBeGreaterThan(Date.now() + 3_500_000);
  });
  test('verifies under the key before, too', async () => expect(await codeOf(await forge(claims, { kid: 'k0' }, former.privateKey))).toBe('ok'));
  test('is renewed for as long as the session may last', async () => {
    const young = await tokens.verify(await forge({ ...claims, auth_time: nowS - 60 }));
    const old = await tokens.verify(await forge({ ...claims, auth_time: nowS - 31 * 86_400 }));
    if (!young.ok || !old.ok) throw new Error('both are valid');
    const renewed = await tokens.verify((await tokens.renew(young))!.token);
    expect(renewed).toMatchObject({ ok: true, signedInAt: nowS - 60 });
    expect(tokens.renew(old)).toBeUndefined();
  });
  test('ends at once when its person is denied, whether it was seen before or not', async () => {
    const other = UserId.parse('0190a3b0-1111-7000-8000-00000000ffff');
    const seen = await forge({ ...claims, sub: other });
    expect(await codeOf(seen)).toBe('ok');
    tokens.deny(other);
    expect(await codeOf(seen)).toBe('unauthenticated');
    expect(await codeOf(await forge({ ...claims, sub: other, name: 'again' }))).toBe('unauthenticated');
    expect(await codeOf(await forge({ ...claims, sub: other, iat: nowS + 2 }))).toBe('ok');
  });
  test('the key set shows no private part', () => {
    expect(tokens.jwks.keys.map(({ kid, d, crv }) => ({ kid, d, crv }))).toEqual([{ kid: 'k1', d: undefined, crv: 'Ed25519' }, { kid: 'k0', d: undefined, crv: 'Ed25519' }]);
  });
});

describe('what is refused', () => {
  const publicPem = createPublicKey(ours.privateKey).export({ format: 'pem', type: 'spki' }) as string;
  const cases: readonly (readonly [string, () => Promise<string> | string])[] = [
    ['no algorithm', () => raw({ alg: 'none', typ: 'at+jwt', kid: 'k1' }, claims)],
    ['the public key as a shared secret', () => forge(claims, { alg: 'HS256' }, Buffer.from(publicPem.padEnd(64)))],
    ['a secret of another algorithm', () => forge(claims, { alg: 'HS256' }, randomBytes(32))],
    ['somebody else’s key under our id', () => forge(claims, {}, theirs.privateKey)],
    ['an unknown key id', () => forge(claims, { kid: 'nobody' })],
    ['no key id', () => forge(claims, { kid: undefined })],
    ['a key id that is a path', () => forge(claims, { kid: '../../etc/passwd' })],
    ['a key brought along', () => forge(claims, { jwk: createPublicKey(theirs.privateKey).export({ format: 'jwk' }) }, theirs.privateKey)],
    ['an address to fetch keys from', () => forge(claims, { jku: 'https://evil.example/keys', kid: 'x' }, theirs.privateKey)],
    ['an extension nobody knows', () => forge(claims, { crit: ['odd'], odd: true })],
    ['another type', () => forge(claims, { typ: 'JWT' })],
    ['another audience', () => forge({ ...claims, aud: 'other' })],
    ['several audiences', () => forge({ ...claims, aud: ['parley', 'other'] })],
    ['another issuer', () => forge({ ...claims, iss: 'other' })],
    ['no end', () => forge({ ...claims, exp: undefined })],
    ['an end that is text', () => raw({ alg: 'EdDSA', typ: 'at+jwt', kid: 'k1' }, { ...claims, exp: '9999999999' })],
    ['a subject that is no person', () => forge({ ...claims, sub: 'system' })],
    ['a kind that only services have', () => forge({ ...claims, kind: 'operator' })],
    ['50 kB of letters', () => 'a'.repeat(50_000)],
    ['an empty text', () => ''],
    ['rubbish', () => 'a.b.c'],
    ['a signature cut short', async () => (await forge(claims)).slice(0, -4)],
  ];
  test.each(cases)('%s', async (_, make) => {
    const token = await make();
    const ms = await cpuMsOf(async () => {
      expect(await codeOf(token)).toBe('unauthenticated');
    });
    expect(ms).toBeLessThan(100);
  });
  test('one that has ended, with a code of its own, also from memory', async () => {
    expect(await codeOf(await forge({ ...claims, iat: nowS - 700, exp: nowS - 60 }))).toBe('token-expired');
  });
});

test('only private Ed25519 keys sign', async () => {
  const { d: _, ...publicOnly } = ours.jwk;
  await expect(Tokens.open({ keys: [publicOnly as JWK] })).rejects.toThrow(TypeError);
  await expect(Tokens.open({ keys: [] })).rejects.toThrow(TypeError);
  await expect(Tokens.open({ keys: [generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'jwk' }) as JWK] })).rejects.toThrow(TypeError);
});
