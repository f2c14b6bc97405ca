import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { isTrustedOrigin, remoteAddress } from './peers.ts';

const from = (remote: string, headers: Record<string, string> = {}) => ({ headers, socket: { remoteAddress: remote } }) as unknown as IncomingMessage;

describe('origins', () => {
  const allowed = ['https://app.example'];
  test.each([['https://app.example', true], ['http://chat.example:8080', true], ['https://chat.example:8080', true], [undefined, true],
    ['null', false], ['https://app.example.evil', false], ['https://app.example:444', false], ['http://chat.example', false], ['https://evil.example', false], ['', false]])('%s: %s', (origin, trusted) => {
    expect(isTrustedOrigin(from('1.1.1.1', { host: 'chat.example:8080', ...(origin !== undefined && { origin }) }), allowed)).toBe(trusted);
  });
});

describe('addresses', () => {
  test('what a client says about itself counts for nothing', () => {
    expect(remoteAddress(from('203.0.113.7', { 'x-forwarded-for': '1.2.3.4' }), undefined)).toBe('203.0.113.7');
    expect(remoteAddress(from('203.0.113.7', { 'x-forwarded-for': '1.2.3.4' }), '10.0.0.0/8')).toBe('203.0.113.7');
  });
  test('a trusted proxy names the peer; what that peer claimed before it does not count', () => {
    expect(remoteAddress(from('::ffff:10.0.0.2', { 'x-forwarded-for': '6.6.6.6, 203.0.113.7, 10.0.0.3' }), '10.0.0.0/8')).toBe('203.0.113.7');
    expect(remoteAddress(from('10.0.0.2', { 'x-forwarded-for': 'rubbish' }), '10.0.0.0/8')).toBe('10.0.0.2');
    expect(remoteAddress(from('10.0.0.2'), '10.0.0.0/8')).toBe('10.0.0.2');
  });
});
