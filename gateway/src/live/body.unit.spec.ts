import { describe, expect, test } from 'vitest';
import type { Commit, StoredEvent } from '@parley/contracts/envelope/commit';
import type { FrameEvent } from '@parley/contracts/realtime/frames';
import { bodyOf, removeGoneWords } from './body.ts';
import { Entry } from './entry.ts';
import { cursorField } from './outgoing.ts';

let n = 0;
const event = (type: string, data: Record<string, unknown>): StoredEvent => ({ type, v: type === 'message.posted' ? 2 : 1, commandId: 'c', by: 'u', data });
const posted = (messageId: string) => event('message.posted', { messageId, author: 'u' });
const edited = (messageId: string) => event('message.edited', { messageId, targetN: 1 });
const redacted = (messageId: string) => event('message.redacted', { messageId, targetN: 1 });

function entryOf(...events: StoredEvent[]): Entry {
  const commit: Commit = { v: 1, ws: 'w', kind: 'room', id: 'r', n: n + 1, prev: '', at: '2026-01-01T00:00:00.000Z', events };
  n += events.length;
  const entry = new Entry({ stream: 0, seq: n, subject: 'evt.0.room.r', kind: 'room', id: 'r', bytes: Buffer.alloc(0), storedAtMs: 0, isControl: false, traceparent: undefined });
  entry.learn(commit);
  entry.body = bodyOf(commit, n, events.map((_, index) => ({ content: { text: `text ${commit.n + index}` } })), undefined);
  return entry;
}
const frameOf = (entry: Entry) => JSON.parse(entry.body!.toString() + cursorField('t').toString()) as { cursor: string; events: FrameEvent[] };
const contents = (...entries: Entry[]) => entries.flatMap((entry) => frameOf(entry).events.map(({ content }) => (content as { text?: string } | null)?.text ?? null));

describe('a frame', () => {
  test('is JSON with its cursor last', () => {
    const entry = entryOf(posted('a'));
    expect(frameOf(entry)).toMatchObject({ type: 'commit', kind: 'room', id: 'r', cursor: 't', events: [{ type: 'message.posted', v: 2 }] });
  });
  test('passes on what this build does not know', () => {
    expect(frameOf(entryOf(event('room.frozen', { x: 1 }))).events[0]).toMatchObject({ type: 'room.frozen', data: { x: 1 } });
  });
  test('carries neither what is sealed nor what proves a repetition', () => {
    const secret: StoredEvent = { ...posted('a'), sealed: { k: 'k', c: 'ciphertext' }, mac: 'mac' };
    expect(JSON.stringify(frameOf(entryOf(secret)))).not.toMatch(/ciphertext|"mac"/);
  });
  test('an old shape is raised', () => {
    expect(frameOf(entryOf({ ...posted('a'), v: 1 })).events[0]).toMatchObject({ v: 2, data: { mentions: [] } });
  });
});

describe('words that are gone by the end of a gap are gone from it', () => {
  test('redacted: the post and every edit of it', () => {
    const gap = [entryOf(posted('a'), posted('b')), entryOf(edited('a')), entryOf(redacted('a'))];
    removeGoneWords(gap);
    expect(contents(...gap).filter((text) => text !== null)).toHaveLength(2);
    expect(contents(gap[0]!)).toEqual([null, expect.any(String)]);
    expect(contents(gap[1]!)).toEqual([null]);
  });
  test('edited: only the last words stay', () => {
    const gap = [entryOf(posted('a')), entryOf(edited('a'), edited('a')), entryOf(posted('c'))];
    removeGoneWords(gap);
    expect(contents(...gap)).toEqual([null, null, expect.any(String), expect.any(String)]);
  });
  test('in the same commit', () => {
    const gap = [entryOf(posted('a'), redacted('a'), posted('b'))];
    removeGoneWords(gap);
    expect(contents(...gap)[0]).toBeNull();
    expect(contents(...gap)[2]).not.toBeNull();
  });
  test('a frame that was built anew does not bring them back', () => {
    const gap = [entryOf(posted('a')), entryOf(redacted('a'))];
    removeGoneWords(gap);
    removeGoneWords(gap);
    expect(contents(gap[0]!)).toEqual([null]);
    expect(gap[0]!.hidden?.size).toBe(1);
  });
});
