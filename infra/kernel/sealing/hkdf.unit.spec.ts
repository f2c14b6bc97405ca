import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { hkdf, hmac } from './hkdf.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('HKDF-SHA256, RFC 5869 appendix A', () => {
  test('case 1: with salt and info', () => {
    const output = hkdf(hex('0b'.repeat(22)), hex('f0f1f2f3f4f5f6f7f8f9'), 42, hex('000102030405060708090a0b0c'));
    expect(output.toString('hex')).toBe('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865');
  });
  test('case 2: longer than a block, salt too', () => {
    const bytes = (from: number): Buffer => Buffer.from(Array.from({ length: 80 }, (_, index) => from + index));
    expect(hkdf(bytes(0), bytes(0xb0), 82, bytes(0x60)).toString('hex')).toBe(
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
    );
  });
  test('case 3: without, as it is used here', () => {
    expect(hkdf(hex('0b'.repeat(22)), hex(''), 42).toString('hex')).toBe('8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8');
  });
});

test('gives what node:crypto gives, whatever the lengths', () => {
  for (let bytes = 1; bytes <= 200; bytes += 1) {
    const [secret, info, salt] = [randomBytes(bytes), randomBytes(201 - bytes), randomBytes(bytes)];
    expect(hkdf(secret, info, bytes, salt)).toEqual(Buffer.from(hkdfSync('sha256', secret, salt, info, bytes)));
    expect(hmac(salt, secret, info)).toEqual(createHmac('sha256', salt).update(secret).update(info).digest());
  }
});

test('refuses more than RFC 5869 allows', () => {
  expect(hkdf(hex('00'), hex(''), 8_160)).toHaveLength(8_160);
  expect(() => hkdf(hex('00'), hex(''), 8_161)).toThrow(RangeError);
});
