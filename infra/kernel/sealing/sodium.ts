import { createRequire } from 'node:module';

/** The few functions of libsodium that are used (the package has no types). Output buffers come first. */
type Sodium = {
  crypto_aead_xchacha20poly1305_ietf_encrypt(cipher: Uint8Array, message: Uint8Array, associated: Uint8Array | null, secretNonce: null, nonce: Uint8Array, key: Uint8Array): number;
  crypto_aead_xchacha20poly1305_ietf_decrypt(message: Uint8Array, secretNonce: null, cipher: Uint8Array, associated: Uint8Array | null, nonce: Uint8Array, key: Uint8Array): number;
  crypto_generichash(output: Uint8Array, input: Uint8Array, key?: Uint8Array): void;
  randombytes_buf(buffer: Uint8Array): void;
};

const require = createRequire(import.meta.url);
export const sodium = require('sodium-native') as Sodium;
