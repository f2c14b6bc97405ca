import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CommandId, RoomId, timestampOf, UserId } from './ids.ts';
import { problemCodes } from './problems/codes.ts';
import { cursorAt, decodeCursor, encodeCursor } from './realtime/cursor.ts';
import { mayReconnect } from './realtime/close-codes.ts';
import { firstFrameBytesMax, frameBytesMax, heartbeatGraceMs, heartbeatMs, socketQueueBytesMax } from './realtime/limits.ts';
import { clientCommands, commands, parseCommand } from './registry/commands.ts';
import { storableLine, storableText } from './text.ts';
import { fnv1a32, partitionOf, streamIndexOf, streamNames, streamOf } from './wire/partition.ts';
import { aggregateOfSubject, subjectOf, subjectsOfStream } from './wire/subjects.ts';

const hostileIds = ['', '*', '>', 'a.b', 'a b', 'a\r\nPUB x 0', 'x'.repeat(65), 'x'.repeat(300), 'nul\u0000', 'ｒoom', '$SYS.x'];

describe('ids', () => {
  test.each(hostileIds)('%j is no room id', (id) => expect(RoomId.safeParse(id).success).toBe(false));
  test.each(hostileIds)('%j never becomes a subject', (id) => expect(() => subjectOf({ kind: 'room', id })).toThrow(RangeError));
  test('a command id is canonical: upper case would be another id to us and the same to a database', () => {
    expect(CommandId.safeParse('0190a3b0-1111-7000-8000-00000000abcd').success).toBe(true);
    expect(CommandId.safeParse('0190A3B0-1111-7000-8000-00000000ABCD').success).toBe(false);
    expect(CommandId.safeParse('0190a3b0-1111-4000-8000-00000000abcd').success).toBe(false);
  });
  test('a derived person id is of version 8', () => expect(UserId.safeParse('0190a3b0-1111-8000-8000-00000000abcd').success).toBe(true));
  test('a UUIDv7 tells its time', () => expect(timestampOf('0190a3b0-1111-7000-8000-00000000abcd')).toBe(0x0190a3b01111));
});

describe('text', () => {
  test.each(['a\u0000b', '\ud800', 'x\udc00y'])('%j is refused: a store would refuse it later', (text) => {
    expect(storableText(10).safeParse(text).success).toBe(false);
  });
  test.each(['안녕하세요', '👩‍👩‍👧', 'line\nline'])('%j is text', (text) => expect(storableText(100).safeParse(text).success).toBe(true));
  test.each(['a\nb', ' a', 'a\u202eb', 'a\u001b[31m'])('%j is no name', (text) => expect(storableLine(100).safeParse(text).success).toBe(false));
});

describe('partitions', () => {
  test('FNV-1a agrees with its published vectors', () => {
    expect(fnv1a32('')).toBe(0x811c9dc5);
    expect(fnv1a32('a')).toBe(0xe40c292c);
    expect(fnv1a32('foobar')).toBe(0xbf9cf968);
  });
  test('each aggregate has one subject, taken by its own stream alone', () => {
    for (let index = 0; index < 500; index += 1) {
      for (const kind of ['room', 'reader'] as const) {
        const aggregate = { kind, id: `room-${index}` };
        const subject = subjectOf(aggregate);
        const taking = streamNames.filter((_, stream) => subjectsOfStream(stream).some((pattern) => subject.startsWith(pattern.slice(0, -1))));
        expect(taking).toEqual([streamOf(aggregate)]);
        expect(aggregateOfSubject(subject)).toEqual(aggregate);
      }
    }
  });
  test('the mapping is frozen', () => {
    expect(['general', 'random', 'lobby', 'd-abc'].map((id) => [partitionOf(id), streamIndexOf('room', id)])).toMatchInlineSnapshot(`
      [
        [
          43,
          10,
        ],
        [
          34,
          8,
        ],
        [
          19,
          4,
        ],
        [
          14,
          3,
        ],
      ]
    `);
  });
});

describe('cursors', () => {
  const seqs = streamNames.map((_, index) => index * 1_000_003 - 1);
  test('survive the round trip', () => expect(decodeCursor(encodeCursor({ epoch: 'k3f9', seqs }))).toEqual({ epoch: 'k3f9', seqs }));
  test('of one position know that alone', () => {
    const partial = cursorAt('k3f9', 3, 41);
    expect(decodeCursor(encodeCursor(partial))).toEqual(partial);
    expect(partial.seqs.filter((seq) => seq >= 0)).toEqual([41]);
  });
  test.each([undefined, 7, '', 'c1', 'c1..', 'c1.k.', 'c2.k.1', `c1.k.${'~'.repeat(18)}`, `c1.k.zzzzzzzzzzzz${'~'.repeat(19)}`, 'x'.repeat(5_000)])('%j is none', (token) => {
    expect(decodeCursor(token)).toBeUndefined();
  });
  test('fit an SSE header', () => {
    const largest = encodeCursor({ epoch: 'z'.repeat(16), seqs: streamNames.map(() => Number.MAX_SAFE_INTEGER) });
    expect(largest.length).toBeLessThan(500);
  });
});

describe('commands', () => {
  const roomId = 'general';
  test('are parsed by one door', () => expect(parseCommand({ type: 'post-message', roomId, text: 'hi' }, true)).toEqual({ command: { type: 'post-message', roomId, text: 'hi' } }));
  test('name each wrong field', () => expect(parseCommand({ type: 'post-message', roomId: 'a.b', text: '' }, true)).toMatchObject({ errors: [{ path: 'roomId' }, { path: 'text' }] }));
  test.each([null, 7, [], 'x', {}, { type: {} }, { type: 'toString' }, { type: '__proto__' }])('%j is none', (input) => expect(parseCommand(input, true)).toHaveProperty('errors'));
  test('take no field they do not know, so nobody assigns what is not theirs', () => {
    expect(parseCommand({ type: 'post-message', roomId, text: 'hi', author: 'me' }, true)).toHaveProperty('errors');
    expect(parseCommand(JSON.parse('{"type":"post-message","roomId":"general","text":"hi","__proto__":{"x":1}}'), true)).toHaveProperty('errors');
  });
  test('of services are not for clients', () => {
    const internal = commands.filter(({ route }) => !route).map(({ type }) => type);
    expect(internal).toContain('take-claim');
    for (const type of internal) expect(parseCommand({ type }, true)).toEqual({ errors: [{ path: 'type', message: 'is not a command' }] });
  });
  test('have each a route of their own', () => {
    const routes = clientCommands.map(({ route }) => `${route?.method} ${route?.path}`);
    expect(new Set(routes).size).toBe(routes.length);
  });
});

describe('limits relate', () => {
  test('a slow reader may hold at least 16 of the largest frames', () => expect(socketQueueBytesMax).toBeGreaterThanOrEqual(16 * frameBytesMax));
  test('a heartbeat is noticed missing before the next one', () => expect(heartbeatGraceMs).toBeLessThan(heartbeatMs));
  test('a cursor and a token fit the first frame', () => expect(firstFrameBytesMax).toBeGreaterThan(2_048 + 500));
  test('the restart code asks to come back, refusals do not', () => expect([1012, 4008, 4401].map(mayReconnect)).toEqual([true, true, false]));
});

test('the README lists exactly the problem codes there are', () => {
  const readme = readFileSync(new URL('./problems/README.md', import.meta.url), 'utf8');
  const documented = [...readme.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);
  expect(documented.toSorted()).toEqual([...problemCodes].toSorted());
});
