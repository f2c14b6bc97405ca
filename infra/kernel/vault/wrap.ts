import { AeadFailure, keyBytes, nonceBytes, open, seal, tagBytes } from '../sealing/aead.ts';
import { type Secret, secretBytes } from './vault.ts';

/** First byte of every wrapped secret: which form the rest has. */
const form = 1;
export const wrappedBytes = 1 + nonceBytes + secretBytes + tagBytes;

const associatedOf = (scope: string): Buffer => Buffer.from(`parley-vault/1|${scope}`);

/** Wraps a secret under the key-encryption key, bound to its scope: a row copied to another scope does not open. */
export function wrap(kek: Uint8Array, scope: string, secret: Secret): Buffer {
  return Buffer.concat([Buffer.of(form), seal(kek, secret, associatedOf(scope))]);
}

/** Unwraps a secret. Throws AeadFailure for another key-encryption key, another scope, or damage. */
export function unwrap(kek: Uint8Array, scope: string, wrapped: Uint8Array): Secret {
  if (wrapped[0] !== form || wrapped.byteLength !== wrappedBytes) throw new AeadFailure('not a wrapped secret');
  try {
    return open(kek, wrapped.subarray(1), associatedOf(scope));
  } catch (error) {
    throw new AeadFailure('its secrets were wrapped with another key than PARLEY_KEK, or are damaged', { cause: error });
  }
}

/** Reads a key-encryption key written in base64url, or takes its bytes. Throws RangeError unless it has 32 bytes. */
export function kekOf(kek: string | Uint8Array): Uint8Array {
  const bytes = typeof kek === 'string' ? Buffer.from(kek, 'base64url') : kek;
  if (bytes.byteLength !== keyBytes) throw new RangeError(`the key-encryption key must have ${keyBytes} bytes, not ${bytes.byteLength}`);
  return bytes;
}
