import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { base64urlKey, commonConfig, ConfigError, readConfig } from './read-config.ts';
import { release } from './release.ts';

const schema = z.object({ ...commonConfig, PARLEY_KEK: base64urlKey(32).describe('the key of this spec') });
const PARLEY_KEK = Buffer.alloc(32, 7).toString('base64url');
const messageOf = (env: Record<string, string>): string => {
  try {
    readConfig(schema, env);
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
};

describe('configuration', () => {
  test('has defaults for all but secrets', () => {
    const config = readConfig(schema, { PARLEY_KEK });
    expect(config).toMatchObject({ NATS_URL: 'nats://127.0.0.1:4222', PARLEY_WS: 'main', HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'info', PARLEY_VERSION: release });
    expect(config.PARLEY_KEK).toEqual(Buffer.alloc(32, 7));
    expect(config.INSTANCE_ID).toMatch(/^i[0-9a-f]{12}$/);
    expect(readConfig(schema, { PARLEY_KEK }).INSTANCE_ID).not.toBe(config.INSTANCE_ID);
  });
  test('an empty variable is an absent one', () => expect(readConfig(schema, { PARLEY_KEK, PARLEY_WS: '', OTEL_EXPORTER_OTLP_ENDPOINT: '' }).PARLEY_WS).toBe('main'));
  test('numbers are read', () => expect(readConfig(schema, { PARLEY_KEK, PORT: '8080' }).PORT).toBe(8080));

  test.each<[string, Record<string, string>, RegExp]>([
    ['a missing secret, and what it is', {}, /is not set: the key of this spec\n {2}→ at PARLEY_KEK/],
    ['a short secret', { PARLEY_KEK: 'c2hvcnQ' }, /32 bytes[^]*PARLEY_KEK/],
    ['a port out of range', { PARLEY_KEK, PORT: '70000' }, /PORT/],
    ['an instance that is no subject token', { PARLEY_KEK, INSTANCE_ID: 'a.*' }, /INSTANCE_ID/],
  ])('names %s', (_, env, expected) => expect(messageOf(env)).toMatch(expected));

  test('names everything that is wrong at once, and repeats no value', () => {
    const message = messageOf({ PARLEY_KEK: 'not-a-secret-but-secret', PORT: 'x', PARLEY_WS: 'a b' });
    for (const name of ['PARLEY_KEK', 'PORT', 'PARLEY_WS']) expect(message).toContain(name);
    expect(message).not.toContain('not-a-secret-but-secret');
  });
});

test('the release is that of the package', () => {
  expect((JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }).version).toBe(release);
});
