import { readConfig } from '@parley/kernel/config/read-config';
import { describe, expect, test } from 'vitest';
import { gatewayConfig } from './config.ts';

const key = Buffer.alloc(32, 7).toString('base64url');
const env = { QUERY_URL: 'http://127.0.0.1:1', VAULT_URL: 'postgres://v', PARLEY_KEK: key, PARLEY_INTERNAL_KEY: key, PARLEY_SIGNING_KEYS: '{"keys":[]}' };
const read = (more: Record<string, string>) => readConfig(gatewayConfig, { ...env, ...more });

describe('a gateway does not start with', () => {
  test.each(['nginx', '10.0.0.0/99', '10.0.0.0/x', '10.0.0.0/', '/8', '127.0.0.1, nginx', '10.0.0.0/8/8'])('proxies such as %s', (TRUST_PROXY) => {
    expect(() => read({ TRUST_PROXY })).toThrow(/TRUST_PROXY/);
  });
  test.each(['chat.example', 'https://chat.example/app', 'ws://chat.example', '*', 'https://*.chat.example', 'null', 'https://ann@chat.example', 'https://chat.example?x', 'https://ok.example, chat.example'])('origins such as %s', (PUBLIC_ORIGINS) => {
    expect(() => read({ PUBLIC_ORIGINS })).toThrow(/PUBLIC_ORIGINS/);
  });
});

test('proxies are addresses and networks of either family', () => {
  for (const TRUST_PROXY of ['127.0.0.1', '10.0.0.0/8, ::1', 'fd00::/8', ' 10.1.2.3 ,, ']) expect(read({ TRUST_PROXY }).TRUST_PROXY).toBe(TRUST_PROXY);
});

test('origins are as browsers write them, however they were typed', () => {
  expect(read({ PUBLIC_ORIGINS: 'https://Chat.Example/, http://chat.example:80 ,https://채팅.example,http://127.0.0.1:5173,' }).PUBLIC_ORIGINS).toEqual([
    'https://chat.example', 'http://chat.example', 'https://xn--ou6bo7j.example', 'http://127.0.0.1:5173',
  ]);
  expect(read({}).PUBLIC_ORIGINS).toEqual([]);
});
