import { expect, test } from 'vitest';
import { serviceUrl } from './service-url.ts';

test.each([['127.0.0.1', 'http://127.0.0.1:4321'], ['::1', 'http://[::1]:4321'], ['::', 'http://[::]:4321'], ['chat.internal', 'http://chat.internal:4321']])('%s', (host, url) => {
  expect(serviceUrl(host, 4321)).toBe(url);
  expect(new URL(serviceUrl(host, 4321)).port).toBe('4321');
});
