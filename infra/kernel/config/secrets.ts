import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** What the services of one deployment share and nobody else knows. */
export type Secrets = {
  /** Key-encryption key of the vault: 32 bytes, base64url. */
  readonly PARLEY_KEK: string;
  /** Signs the short-lived tokens between gateway and query-service: 32 bytes, base64url. */
  readonly PARLEY_INTERNAL_KEY: string;
  /** Signs people's tokens: a JSON Web Key Set with private Ed25519 keys. The first signs, the second will after a rotation, all are believed. */
  readonly PARLEY_SIGNING_KEYS: string;
  /** Signs heads of the log: a private Ed25519 key as a JSON Web Key. */
  readonly PARLEY_HEAD_KEY: string;
};

/** Fresh random secrets. */
export function makeSecrets(): Secrets {
  return {
    PARLEY_KEK: randomBytes(32).toString('base64url'),
    PARLEY_INTERNAL_KEY: randomBytes(32).toString('base64url'),
    PARLEY_SIGNING_KEYS: JSON.stringify({ keys: [signingKey(), signingKey()] }),
    PARLEY_HEAD_KEY: JSON.stringify(ed25519()),
  };
}

/**
 * The set of keys after `before`: the second signs, a new one waits behind it, and the one that signed is believed until
 * the next rotation. Gateways that are restarted one by one so never meet a token whose key they do not know. Of a set
 * with one key that key goes on signing. Throws for what is no JSON Web Key Set.
 */
export function rotatedSigningKeys(before: string): string {
  const { keys } = JSON.parse(before) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length === 0) throw new TypeError('a JSON Web Key Set has a list "keys"');
  const [signed, next] = keys as unknown[];
  return JSON.stringify({ keys: next === undefined ? [signed, signingKey()] : [next, signingKey(), signed] });
}

const ed25519 = (): object => ({ ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid: randomBytes(9).toString('base64url') });
const signingKey = (): object => ({ ...ed25519(), alg: 'EdDSA', use: 'sig' });
