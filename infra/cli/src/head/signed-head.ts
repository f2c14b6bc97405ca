import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { canonicalJson } from '@parley/contracts/canonical-json';
import { z } from 'zod';
import { CliError, exitCodes } from '../exit-codes.ts';

/**
 * Word that a stream, at a moment, held exactly this up to a sequence. `root` is the root of the Merkle tree over its
 * messages 1 … `seq`, `prev` the hash of the head of this stream before, so that a history of heads cannot be forked
 * or shortened in its middle without being seen.
 */
export const Head = z.strictObject({
  parley: z.literal('head/1'),
  ws: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  stream: z.string().regex(/^(?:EVT|RDR)_\d{1,2}$/),
  epoch: z.string().max(64),
  seq: z.int().min(1),
  root: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  at: z.iso.datetime(),
  prev: z.string().regex(/^(?:[A-Za-z0-9_-]{43})?$/),
});
export type Head = z.infer<typeof Head>;

/** `sig` is Ed25519 over the head as RFC 8785 writes it, by the key `kid`; base64url. */
export const SignedHead = z.strictObject({ head: Head, kid: z.string().min(1).max(64), sig: z.string().regex(/^[A-Za-z0-9_-]{86}$/) });
export type SignedHead = z.infer<typeof SignedHead>;

export type HeadSigner = { readonly kid: string; sign(head: Head): SignedHead };
export type HeadKeys = ReadonlyMap<string, KeyObject>;

const messageOf = (head: Head): Buffer => Buffer.from(`parley-head/1\n${canonicalJson(head)}`);

/** The hash that the next head names. */
export const hashOfHead = (signed: SignedHead): string => hash('sha256', canonicalJson(signed), 'base64url');

/** One line of a file of heads. */
export const encodeHead = (signed: SignedHead): string => canonicalJson(signed);

const Jwk = z.looseObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), kid: z.string().min(1).max(64) });
const PrivateJwk = Jwk.extend({ d: z.string() });

/** Makes a signer of a private Ed25519 key, a JSON Web Key. Throws CliError (78). */
export function signerOf(jwk: string): HeadSigner {
  try {
    const parsed = PrivateJwk.parse(JSON.parse(jwk));
    const key = createPrivateKey({ key: parsed as unknown as Record<string, string>, format: 'jwk' });
    return { kid: parsed.kid, sign: (head) => ({ head, kid: parsed.kid, sig: sign(null, messageOf(head), key).toString('base64url') }) };
  } catch {
    throw new CliError(exitCodes.config, 'PARLEY_HEAD_KEY is not a private Ed25519 key as a JSON Web Key with a kid.', 'npm start makes one; so does parley head key.');
  }
}

/** The public keys of a JSON Web Key Set (or one key), by their kid. Throws CliError (78). */
export function headKeysOf(text: string, from: string): HeadKeys {
  try {
    const value = JSON.parse(text) as { keys?: unknown };
    const keys = z.array(Jwk).min(1).max(1_000).parse(Array.isArray(value.keys) ? value.keys : [value]);
    // Only what is public of them, whatever else the file holds.
    return new Map(keys.map(({ kty, crv, x, kid }) => [kid, createPublicKey({ key: { kty, crv, x }, format: 'jwk' })]));
  } catch {
    throw new CliError(exitCodes.config, `${from} holds no public Ed25519 keys (JSON Web Key Set).`);
  }
}

/** What a private key's owner hands out: a JSON Web Key Set with its public half. */
export function publicKeySetOf(jwk: string): string {
  const { kty, crv, x, kid } = PrivateJwk.parse(JSON.parse(jwk));
  return `${JSON.stringify({ keys: [{ kty, crv, x, kid, alg: 'EdDSA', use: 'sig' }] }, null, 2)}\n`;
}

/** Why a head cannot be believed, or undefined. */
export function signatureFault({ head, kid, sig }: SignedHead, keys: HeadKeys): string | undefined {
  const key = keys.get(kid);
  if (!key) return `signed with the key ${kid}, which is not among those given`;
  return verify(null, messageOf(head), key, Buffer.from(sig, 'base64url')) ? undefined : `the signature does not fit the key ${kid}: the head was changed, or signed with another key`;
}
