import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Commit } from '@parley/contracts/envelope/commit';
import { UnknownEvent } from '@parley/contracts/registry/events';
import { CorruptCommit, decodeCommit, encodeCommit, hashOf } from './commit-codec.ts';

const text = fc.string({ unit: 'binary' });
const data = fc.dictionary(text.filter((key) => key !== '__proto__'), fc.jsonValue()) as fc.Arbitrary<Record<string, unknown>>;
const event = fc.record(
  { type: text, v: fc.integer({ min: 1, max: 9 }), commandId: text, by: text, data, sealed: fc.record({ k: text, c: text }), mac: text },
  { requiredKeys: ['type', 'v', 'commandId', 'by', 'data'], noNullPrototype: true },
);
const commit = fc.record({
  v: fc.constant(1 as const), ws: text, kind: fc.constantFrom('room', 'user', 'reader'), id: text, n: fc.integer({ min: 1, max: 2 ** 40 }),
  prev: fc.base64String(), at: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
  events: fc.array(event, { minLength: 1, maxLength: 5 }),
}, { noNullPrototype: true }) as fc.Arbitrary<Commit>;

const some: Commit = {
  v: 1, ws: 'main', kind: 'room', id: 'r1', n: 1, prev: '', at: '2026-01-01T00:00:00.000Z',
  events: [{ type: 'room.archived', v: 1, commandId: '01900000-0000-7000-8000-000000000001', by: 'system', data: {} }],
};
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('commits as bytes', () => {
  test('are what JSON.stringify makes of them, and read back equal', () => {
    fc.assert(fc.property(commit, (value) => {
      const bytes = encodeCommit(value);
      expect(Buffer.from(bytes).toString()).toBe(JSON.stringify(value));
      expect(decodeCommit(bytes)).toEqual(JSON.parse(JSON.stringify(value)));
    }));
  });
  test('have a SHA-256 that anybody can recompute', () => expect(hashOf(Buffer.from('abc'))).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'));
});

describe('what is no commit is refused', () => {
  test.each([
    ['not JSON', Buffer.from('{')], ['nothing', Buffer.alloc(0)], ['null', bytesOf(null)], ['a list', bytesOf([])],
    ['no version', bytesOf({ ...some, v: undefined })], ['version 0', bytesOf({ ...some, v: 0 })], ['another kind', bytesOf({ ...some, kind: 'rom' })],
    ['number 0', bytesOf({ ...some, n: 0 })], ['half a number', bytesOf({ ...some, n: 1.5 })], ['no instant', bytesOf({ ...some, at: 'now' })],
    ['no events', bytesOf({ ...some, events: [] })], ['an event that is none', bytesOf({ ...some, events: [null] })],
    ['facts that are a list', bytesOf({ ...some, events: [{ ...some.events[0], data: [] }] })],
    ['sealed content that is none', bytesOf({ ...some, events: [{ ...some.events[0], sealed: 'x' }] })],
  ])('%s', (_, bytes) => expect(() => decodeCommit(bytes)).toThrow(CorruptCommit));

  test('random bytes', () => fc.assert(fc.property(fc.uint8Array(), (bytes) => { expect(() => decodeCommit(bytes)).toThrow(CorruptCommit); })));
  test('but an envelope of a newer release is told apart', () => expect(() => decodeCommit(bytesOf({ ...some, v: 2 }))).toThrow(UnknownEvent));
});
