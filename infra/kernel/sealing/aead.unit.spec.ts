import { describe, expect, test } from 'vitest';
import { AeadFailure, nonceBytes, open, seal } from './aead.ts';
import { sodium } from './sodium.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

describe('XChaCha20-Poly1305, draft-irtf-cfrg-xchacha-03 A.3.1', () => {
  const plain = Buffer.from("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.");
  const associated = hex('50515253c0c1c2c3c4c5c6c7');
  const key = hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f');
  const nonce = hex('404142434445464748494a4b4c4d4e4f5051525354555657');
  const cipher = hex(`
    bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb
    731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452
    2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
    21f9664c97637da9768812f615c68b13b52e`);
  const tag = hex('c0875924c1c7987947deafd8780acf49');

  test('seals to the vector', () => {
    const out = Buffer.alloc(plain.byteLength + 16);
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(out, plain, associated, null, nonce, key);
    expect(out).toEqual(Buffer.concat([cipher, tag]));
  });
  test('opens the vector', () => expect(open(key, Buffer.concat([nonce, cipher, tag]), associated)).toEqual(plain));
});

describe('a sealed blob', () => {
  const key = Buffer.alloc(32, 1);
  const blob = seal(key, Buffer.from('words'), Buffer.from('place'));

  test('opens in its place', () => expect(open(key, blob, Buffer.from('place')).toString()).toBe('words'));
  test('does not open elsewhere, with another key, damaged or cut', () => {
    const damaged = Buffer.from(blob);
    damaged.writeUInt8(damaged.readUInt8(nonceBytes) ^ 1, nonceBytes);
    expect(() => open(key, blob, Buffer.from('elsewhere'))).toThrow(AeadFailure);
    expect(() => open(Buffer.alloc(32, 2), blob, Buffer.from('place'))).toThrow(AeadFailure);
    expect(() => open(key, damaged, Buffer.from('place'))).toThrow(AeadFailure);
    expect(() => open(key, blob.subarray(0, 39), Buffer.from('place'))).toThrow(AeadFailure);
  });
  test('never has a nonce again', () => {
    const nonces = new Set(Array.from({ length: 2_000 }, () => seal(key, Buffer.from('words'), Buffer.from('place')).subarray(0, nonceBytes).toString('hex')));
    expect(nonces.size).toBe(2_000);
  });
});
