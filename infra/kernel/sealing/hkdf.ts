import { hash } from 'node:crypto';

const hashBytes = 32;
const blockBytes = 64;
const innerPad = 0x36;
const outerPad = 0x5c;
const outputBytesMax = 255 * hashBytes;
const noSalt = new Uint8Array(hashBytes);

/**
 * HKDF-SHA256 (RFC 5869) of a secret: `length` bytes, 8,160 at most, bound to `info`; without a salt unless one is given.
 * Throws RangeError for a longer output. Made of one-shot hashes: `hkdfSync` gives the same bytes in three times the
 * time, most of it spent on making a job, and who reads a log derives a key per author, room and month.
 */
export function hkdf(secret: Uint8Array, info: Uint8Array, length: number, salt: Uint8Array = noSalt): Buffer {
  if (length > outputBytesMax) throw new RangeError(`HKDF-SHA256 gives ${outputBytesMax} bytes at most`);
  const key = hmac(salt, secret);
  const output = Buffer.allocUnsafe(length);
  let block: Uint8Array = new Uint8Array(0);
  for (let at = 0; at < length; at += hashBytes) {
    block = hmac(key, block, info, Uint8Array.of(at / hashBytes + 1));
    output.set(block.subarray(0, length - at), at);
  }
  return output;
}

/** HMAC-SHA256 (RFC 2104) of the parts, one after the other. */
export function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const block = key.byteLength > blockBytes ? sha256(key) : key;
  return sha256(padded(block, outerPad, [sha256(padded(block, innerPad, parts))]));
}

function padded(key: Uint8Array, pad: number, parts: readonly Uint8Array[]): Buffer {
  const out = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + part.byteLength, blockBytes));
  for (let at = 0; at < key.byteLength; at += 1) out[at] = key[at]! ^ pad;
  out.fill(pad, key.byteLength, blockBytes);
  let at = blockBytes;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}

// As a string of bytes: asked for a buffer, Node takes twice as long.
const sha256 = (bytes: Uint8Array): Buffer => Buffer.from(hash('sha256', bytes, 'binary'), 'binary');
