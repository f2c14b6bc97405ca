import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What the services of one deployment share and nobody else knows. */
export type Secrets = {
  /** Key-encryption key of the vault: 32 bytes, base64url. */
  readonly PARLEY_KEK: string;
  /** Signs the short-lived tokens between gateway and query-service: 32 bytes, base64url. */
  readonly PARLEY_INTERNAL_KEY: string;
  /** Signs people's tokens: a JSON Web Key Set with private Ed25519 keys, the first of which signs. */
  readonly PARLEY_SIGNING_KEYS: string;
  /** Signs heads of the log: a private Ed25519 key as a JSON Web Key. */
  readonly PARLEY_HEAD_KEY: string;
};

/** Fresh random secrets. */
export function makeSecrets(): Secrets {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const key = { ...jwk, kid: randomBytes(9).toString('base64url'), alg: 'EdDSA', use: 'sig' };
  return {
    PARLEY_KEK: randomBytes(32).toString('base64url'),
    PARLEY_INTERNAL_KEY: randomBytes(32).toString('base64url'),
    PARLEY_SIGNING_KEYS: JSON.stringify({ keys: [key] }),
    PARLEY_HEAD_KEY: JSON.stringify({ ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid: randomBytes(9).toString('base64url') }),
  };
}

/** The secrets kept in a file only its owner can read; made the first time. */
export async function keptSecrets(file: string): Promise<Secrets> {
  const made = makeSecrets();
  const kept = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Partial<Secrets>) : undefined;
  if (kept && Object.keys(made).every((name) => name in kept)) return kept as Secrets;
  // A folder of an earlier release lacks what this one needs more; what it has is never replaced.
  const secrets = { ...made, ...kept };
  await mkdir(dirname(file), { recursive: true });
  await rm(file, { force: true });
  await writeFile(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return secrets;
}
