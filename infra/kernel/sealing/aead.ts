import { sodium } from './sodium.ts';

export const keyBytes = 32;
export const nonceBytes = 24;
export const tagBytes = 16;

/** The blob is not what was sealed under this key for this place: damaged, moved, or forged. */
export class AeadFailure extends Error {
  override readonly name = 'AeadFailure';
}

// Asking the system for 24 bytes at a time costs as much as sealing does. No byte is used twice.
const noncePool = Buffer.alloc(nonceBytes * 512);
let nonceAt = noncePool.byteLength;

function nextNonce(): Buffer {
  if (nonceAt === noncePool.byteLength) {
    sodium.randombytes_buf(noncePool);
    nonceAt = 0;
  }
  const nonce = noncePool.subarray(nonceAt, nonceAt + nonceBytes);
  nonceAt += nonceBytes;
  return nonce;
}

/**
 * XChaCha20-Poly1305-IETF (draft-irtf-cfrg-xchacha-03) with a fresh random nonce; returns nonce ‖ ciphertext ‖ tag.
 * 192 random bits never meet twice in practice, so one key may seal any number of texts.
 */
export function seal(key: Uint8Array, plain: Uint8Array, associated: Uint8Array): Buffer {
  const blob = Buffer.allocUnsafe(nonceBytes + plain.byteLength + tagBytes);
  const nonce = nextNonce();
  blob.set(nonce);
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(blob.subarray(nonceBytes), plain, associated, null, nonce, key);
  return blob;
}

/** Opens what `seal` returned. Throws AeadFailure. */
export function open(key: Uint8Array, blob: Uint8Array, associated: Uint8Array): Buffer {
  if (blob.byteLength < nonceBytes + tagBytes) throw new AeadFailure('the blob is too short');
  const plain = Buffer.allocUnsafe(blob.byteLength - nonceBytes - tagBytes);
  try {
    sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plain, null, blob.subarray(nonceBytes), associated, blob.subarray(0, nonceBytes), key);
  } catch (error) {
    throw new AeadFailure('the blob does not belong here', { cause: error });
  }
  return plain;
}
