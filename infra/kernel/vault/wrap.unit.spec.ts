import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { AeadFailure } from '../sealing/aead.ts';
import { kekOf, unwrap, wrap, wrappedBytes } from './wrap.ts';

const kek = randomBytes(32);
const secret = randomBytes(32);
const wrapped = wrap(kek, 'person:p', secret);

describe('a wrapped secret', () => {
  test('opens with the key it was wrapped with', () => expect(unwrap(kek, 'person:p', wrapped)).toEqual(secret));
  test('has the length that the table demands', () => expect([wrapped.byteLength, wrappedBytes]).toEqual([73, 73]));
  test('is another each time', () => expect(wrap(kek, 'person:p', secret)).not.toEqual(wrapped));
  test('does not open with another key', () => expect(() => unwrap(randomBytes(32), 'person:p', wrapped)).toThrow(AeadFailure));
  test('does not open for another scope', () => expect(() => unwrap(kek, 'person:q', wrapped)).toThrow(AeadFailure));
  test('does not open in another form, or cut', () => {
    expect(() => unwrap(kek, 'person:p', Buffer.concat([Buffer.of(2), wrapped.subarray(1)]))).toThrow(AeadFailure);
    expect(() => unwrap(kek, 'person:p', wrapped.subarray(0, 72))).toThrow(AeadFailure);
  });
});

test('a key-encryption key has 32 bytes', () => {
  expect(kekOf(kek.toString('base64url'))).toEqual(kek);
  expect(() => kekOf('c2hvcnQ')).toThrow(RangeError);
});
