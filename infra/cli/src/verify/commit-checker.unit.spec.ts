import { describe, expect, test } from 'vitest';
import type { Commit, StoredEvent } from '@parley/contracts/envelope/commit';
import { streamOf } from '@parley/contracts/wire/partition';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { encodeCommit, hashOf } from '@parley/kernel/event-store/commit-codec';
import { CommitChecker } from './commit-checker.ts';
import { renderFinding } from './finding.ts';

/** Method: a good log of one room is spoilt in one place at a time; the checker must name that place and nothing else. */
const aggregate = { kind: 'room', id: 'general' } as const;
const stream = streamOf(aggregate);
const author = '0190a3b0-1111-7000-8000-000000000001';
const commandId = (index: number): string => `0190a3b0-3333-7000-8000-${String(index).padStart(12, '0')}`;
const at = (index: number): string => new Date(Date.UTC(2026, 0, 1) + index * 1_000).toISOString();
const posted = (ordinal: number, command = ordinal): StoredEvent => ({
  type: 'message.posted', v: 2, commandId: commandId(command), by: author, data: { messageId: commandId(command), author, ordinal, hasLink: false, mentions: [] }, sealed: { k: `m:${author}:202601`, c: 'AAAA' },
});
const created: StoredEvent = { type: 'room.created', v: 1, commandId: commandId(99), by: author, data: { kind: 'public', createdBy: author } };
const joined: StoredEvent = { type: 'room.member-joined', v: 1, commandId: commandId(99), by: author, data: { userId: author, role: 'owner' } };

const eventsOf = (): StoredEvent[][] => [[created, joined], [posted(1), posted(2)], [posted(3)], [posted(4)]];

type Spoil = (commit: Commit, index: number) => Commit;

/** Builds the log and checks it; `spoil` changes commits before they are chained, `damage` the bytes after. */
function findings(spoil: Spoil = (commit) => commit, damage: (bytes: Uint8Array, index: number) => Uint8Array = (bytes) => bytes, storedLateMs = 0) {
  const checker = new CommitChecker('main');
  let prev = '';
  let n = 1;
  eventsOf().forEach((events, index) => {
    const commit = spoil({ v: 1, ws: 'main', ...aggregate, n, prev, at: at(index), events }, index);
    const bytes = damage(encodeCommit(commit), index);
    checker.check(stream, { seq: index + 1, subject: subjectOf(aggregate), bytes, storedAtMs: Date.parse(at(index)) + storedLateMs });
    prev = hashOf(bytes);
    n += events.length;
  });
  return checker;
}
const at2 = (change: Partial<Commit>): Spoil => (commit, index) => (index === 2 ? { ...commit, ...change } : commit);

test('a good log has no finding', () => {
  const { findings: found, commits, events, aggregates } = findings();
  expect([found, commits, events, aggregates]).toEqual([[], 4, 6, 1]);
});

describe('the first bad event is named when', () => {
  const place = { stream, seq: 3, kind: 'room', id: 'general', n: 5 };
  test.each<[string, Spoil, string]>([
    ['a number is skipped', at2({ n: 6 }), 'numbering'],
    ['a number comes twice', at2({ n: 4 }), 'numbering'],
    ['the hash is another', at2({ prev: hashOf(Buffer.from('x')) }), 'chain'],
    ['it names another workspace', at2({ ws: 'other' }), 'chain'],
    ['it names another room', at2({ id: 'random' }), 'chain'],
    ['its time goes back', at2({ at: at(0) }), 'time'],
    ['its time is no instant with milliseconds', at2({ at: '2026-01-01T00:00:02Z' }), 'time'],
    ['a type is unknown', at2({ events: [{ ...posted(3), type: 'message.sung' }] }), 'event'],
    ['a version is unknown', at2({ events: [{ ...posted(3), v: 9 }] }), 'event'],
    ['a fact is missing', at2({ events: [{ ...posted(3), data: { ...posted(3).data, author: 'nobody' } }] }), 'event'],
    ['an ordinal is skipped', at2({ events: [posted(4)] }), 'ordinal'],
    ['it is about what comes later', at2({ events: [{ type: 'message.redacted', v: 1, commandId: commandId(5), by: author, data: { messageId: commandId(1), targetN: 5 } }] }), 'event'],
    ['a joining shares its commit with another command', at2({ events: [posted(3), joined] }), 'visibility'],
    ['too many events lie together', at2({ events: Array.from({ length: 129 }, (_, index) => posted(3 + index)) }), 'envelope'],
  ])('%s', (_, spoil, check) => expect(findings(spoil).findings).toEqual([{ ...place, check, what: expect.any(String) }]));

  test('a byte is changed: the commit after it does not follow', () => {
    const flip = (bytes: Uint8Array, index: number): Uint8Array => (index === 2 ? Buffer.from(Buffer.from(bytes).toString().replace('"hasLink":false', '"hasLink":true ')) : bytes);
    const checker = new CommitChecker('main');
    let prev = '';
    eventsOf().forEach((events, index) => {
      const bytes = encodeCommit({ v: 1, ws: 'main', ...aggregate, n: [1, 3, 5, 6].at(index)!, prev, at: at(index), events });
      prev = hashOf(bytes);
      checker.check(stream, { seq: index + 1, subject: subjectOf(aggregate), bytes: flip(bytes, index), storedAtMs: Date.parse(at(index)) });
    });
    expect(checker.findings).toMatchObject([{ check: 'chain', seq: 4, n: 6 }]);
    expect(renderFinding(checker.findings.at(0)!)).toContain(`room general, event 6, ${stream} seq 4`);
  });
  test('bytes are no commit', () => expect(findings(undefined, (bytes, index) => (index === 2 ? bytes.subarray(1) : bytes)).findings).toMatchObject([{ ...place, check: 'envelope' }]));
  test('its time runs ahead of the moment it was stored', () => expect(findings(undefined, undefined, -8_000).findings).toMatchObject([{ check: 'time', seq: 1, n: 1 }]));
});

test('a message on a subject of nobody is found', () => {
  const checker = new CommitChecker('main');
  checker.check(stream, { seq: 1, subject: 'evt.1.room.general', bytes: new Uint8Array(), storedAtMs: 0 });
  expect(checker.findings).toMatchObject([{ check: 'stream', seq: 1 }]);
});
