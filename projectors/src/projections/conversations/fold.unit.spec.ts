import { describe, expect, test } from 'vitest';
import type { OpenedCommit, OpenedEvent } from '../../runner/projection.ts';
import { foldRoomCommit } from './fold.ts';
import { type ConversationRows, emptyRows, memberKey, messageKey } from './rows.ts';

const [ann, bob] = ['01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000002'];
const messageId = '01900000-0000-7000-8000-000000000500';
type Told = Omit<OpenedEvent, 'n' | 'commandId'>;

const by = (who: string, type: string, data: Record<string, unknown> = {}, content?: Record<string, unknown> | null): Told => ({ type, by: who, data, ...(content !== undefined && { content }) });
const created = by(ann, 'room.created', { kind: 'public', history: 'all', createdBy: ann }, { name: 'kitchen' });
const joined = (who: string) => by(who, 'room.member-joined', { userId: who, role: 'member' });
const posted = (ordinal: number, text: string | null, mentions: string[] = []) => by(ann, 'message.posted', { messageId, author: ann, ordinal, hasLink: true, mentions }, text === null ? null : { text });
const about = (who: string, type: string, more: Record<string, unknown> = {}, content?: Record<string, unknown> | null) => by(who, type, { messageId, targetN: 4, ...more }, content);
const edited = (text: string | null) => about(ann, 'message.edited', { hasLink: false, mentions: [] }, text === null ? null : { text });
const room = [created, joined(ann), joined(bob)];

/** Folds events, each commit taking `perCommit` of them. */
function fold(events: readonly Told[], perCommit = 1, rows: ConversationRows = emptyRows()): ConversationRows {
  for (let from = 0; from < events.length; from += perCommit) {
    const commit: OpenedCommit = {
      seq: from + 1, kind: 'room', id: 'kitchen', n: from + 1, at: `2026-01-01T00:00:${String(from).padStart(2, '0')}.000Z`, prev: '', hash: '',
      events: events.slice(from, from + perCommit).map((event, index) => ({ ...event, n: from + index + 1, commandId: messageId })),
    };
    foldRoomCommit(rows, commit);
  }
  return rows;
}
const message = (rows: ConversationRows) => rows.messages.get(messageKey('kitchen', 4))!;
const kitchen = (rows: ConversationRows) => rows.rooms.get('kitchen')!;
const stay = (rows: ConversationRows, who: string) => rows.stays.get(memberKey('kitchen', who))!;

describe('a room', () => {
  test('counts members by stays', () => {
    const rows = fold([...room, by(ann, 'room.member-removed', { userId: bob }), joined(bob), joined(bob), by(bob, 'room.member-left', { userId: bob })]);
    expect(kitchen(rows)).toMatchObject({ members: 1, n: 7, name: 'kitchen', topic: null });
    expect([...rows.changedStays].filter(({ user_id }) => user_id === bob)).toMatchObject([{ joined_n: 3, left_n: 4 }, { joined_n: 5, left_n: 7 }]);
  });

  test('takes out nobody who was only invited', () => {
    const rows = fold([created, joined(ann), by(ann, 'room.member-invited', { userId: bob, role: 'member' }), by(ann, 'room.member-removed', { userId: bob })]);
    expect(kitchen(rows).members).toBe(1);
    expect(rows.notes.map(({ type, user_id }) => [type, user_id])).toEqual([['room.created', null], ['room.member-joined', ann], ['room.member-invited', bob], ['room.member-removed', bob]]);
  });

  test('has null for what was erased and for a topic that was cleared', () => {
    const rows = fold([...room, by(ann, 'room.renamed', {}, null), by(ann, 'room.topic-set', {}, { topic: '' })]);
    expect(kitchen(rows)).toMatchObject({ name: null, topic: null });
    expect(rows.notes.slice(-2).map(({ text }) => text)).toEqual([null, '']);
  });

  test('ends every stay when it is deleted', () => {
    const rows = fold([...room, by(ann, 'room.deleted')]);
    expect(kitchen(rows)).toMatchObject({ deleted_n: 4, members: 0 });
    expect([stay(rows, ann).left_n, stay(rows, bob).left_n]).toEqual([4, 4]);
    expect([...rows.deletedRooms.keys()]).toEqual(['kitchen']);
  });

  test('places stays and notes among its messages', () => {
    const rows = fold([...room, posted(1, 'hi'), by(ann, 'room.member-removed', { userId: bob }), joined(bob), by(ann, 'room.archived')]);
    expect([...rows.changedStays].filter(({ user_id }) => user_id === bob)).toMatchObject([{ joined_ordinal: 0, left_ordinal: 1 }, { joined_ordinal: 1, left_ordinal: null }]);
    expect(rows.notes.map(({ after_ordinal }) => after_ordinal)).toEqual([0, 0, 0, 1, 1, 1]);
  });

  test('a stay ended early, while the room was parked, is put right', () => {
    const rows = emptyRows();
    rows.stays.set(memberKey('kitchen', bob), { room_id: 'kitchen', user_id: bob, joined_n: 3, joined_ordinal: 0, joined_at: 'then', role: 'member', left_n: 5, left_ordinal: 0, left_at: 'then' });
    fold([created, joined(ann), by(bob, 'room.archived'), posted(1, 'hi'), by(bob, 'room.member-left', { userId: bob })], 1, rows);
    expect(stay(rows, bob)).toMatchObject({ left_n: 5, left_ordinal: 1 });
  });

  test.each([
    ['before it was made', [posted(1, 'hi')], 'no-room'],
    ['made twice', [created, created], 'room-twice'],
    ['about no message', [...room, edited('x')], 'no-message'],
    ['that has no rule here', [created, by(ann, 'message.sung', { messageId, targetN: 1 })], 'no-message'],
  ])('an event %s is poison', (_what, events, reason) => {
    expect(() => fold(events)).toThrow(expect.objectContaining({ name: 'Poison', reason }));
  });
});

describe('a message', () => {
  const reacted = (who: string, emoji: string) => about(who, 'message.reacted', { emoji });
  const unreacted = (who: string, emoji: string) => about(who, 'message.unreacted', { emoji });

  test('edited keeps its first text as a version', () => {
    const rows = fold([...room, posted(1, 'one', [bob]), edited('two'), edited('three')]);
    expect(message(rows)).toMatchObject({ text: 'three', revision: 6, has_link: false, mentions: [] });
    expect(rows.edits.map(({ n, text }) => [n, text])).toEqual([[4, 'one'], [5, 'two'], [6, 'three']]);
    expect(rows.mentions.get(messageKey('kitchen', 4))).toEqual([]);
  });

  test('redacted keeps nothing it said, in whatever commits it came', () => {
    const events = [...room, posted(1, 'one', [bob]), edited('two'), about(ann, 'message.pinned'), about(ann, 'message.redacted'), reacted(bob, '👍')];
    for (const perCommit of [1, 2, 3, 8]) {
      const rows = fold(events, perCommit);
      expect(message(rows)).toMatchObject({ state: 'redacted', text: null, has_link: false, mentions: [], pinned_n: null, revision: 8 });
      expect(JSON.stringify([...rows.messages.values(), ...rows.edits])).not.toMatch(/one|two/);
    }
  });

  test('erased is told from shown, until an edit that can be read', () => {
    expect(message(fold([...room, posted(1, null)]))).toMatchObject({ state: 'erased', text: null });
    expect(message(fold([...room, posted(1, null), edited('back')]))).toMatchObject({ state: 'shown', text: 'back' });
    expect(message(fold([...room, posted(1, 'x'), edited(null)]))).toMatchObject({ state: 'erased', text: null });
  });

  test('reactions are a set; an emoji that disappeared comes back as new', () => {
    const rows = fold([...room, posted(1, 'x'), reacted(ann, '👍'), reacted(ann, '👍'), reacted(bob, '🎉'), unreacted(ann, '👍'), reacted(bob, '👍'), reacted(ann, '👍')]);
    expect([...rows.addedReactions.values()].map(({ emoji, user_id, n, since_n }) => [emoji, user_id, n, since_n])).toEqual([['🎉', bob, 7, 7], ['👍', bob, 9, 9], ['👍', ann, 10, 9]]);
  });

  test('reactions that are in the table keep their emoji in its place', () => {
    const rows = emptyRows();
    rows.groups.set('kitchen 4 👍', { count: 2, sinceN: 2 });
    rows.reactions.set(`kitchen 4 ${ann} 👍`, 2);
    fold([...room, posted(1, 'x'), unreacted(ann, '👍'), reacted(ann, '👍')], 1, rows);
    expect([...rows.removedReactions.keys()]).toEqual([`kitchen 4 ${ann} 👍`]);
    expect([...rows.addedReactions.values()]).toMatchObject([{ n: 6, since_n: 2 }]);
  });
});
