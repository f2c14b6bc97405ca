import { isVisible, type Stay, visibleSpans } from '@parley/contracts/rooms/visible';
import type { HistoryRule } from '@parley/contracts/rooms/events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countUnread, renderSum } from './count-unread.ts';
import { ann, archived, bob, cem, created, dee, deleted, edited, given, type Happened, histories, joined, left, people, pinned, posted, promoted, reacted, redacted, removed, renamed, timeOf, topicSet, unreacted, uuid } from './given.spec.ts';
import { pastRoom } from './past-room.ts';
import { diffRooms } from './room-diff.ts';
import type { RoomFold } from './room-fold.ts';
import { whoCouldSee } from './who-could-see.ts';

const [one, two, three] = [uuid(101), uuid(102), uuid(103)];
/** 1 made, 2 Ann, 3 Bob. */
const room = (history: HistoryRule = 'all'): Happened[] => [created(ann, history), joined(ann, 'owner'), joined(bob)];
const at = (happened: Happened[], n: number, messagesMax = 100) => pastRoom(given(happened, { n }), messagesMax);

describe('the room as it was', () => {
  test('given nothing by then, there is no room', () => expect(pastRoom(given(room(), { atMs: Date.parse(timeOf(1)) - 1 }), 10)).toBeUndefined());
  test('given a renaming and a topic, then each points at the event that said it', () => {
    const happened = [...room(), renamed(), topicSet(), renamed()];
    expect(at(happened, 3)).toMatchObject({ nameN: 1, topicN: 1 });
    expect(at(happened, 5)).toMatchObject({ nameN: 4, topicN: 5 });
    expect(at(happened, 6)).toMatchObject({ nameN: 6, topicN: 5, n: 6, at: timeOf(6) });
  });
  test('given joins, removals and roles, then members are those of then, in the order of joining', () => {
    const happened = [...room(), promoted(bob, 'moderator'), removed(bob), joined(cem), joined(bob)];
    expect(at(happened, 4)?.members).toEqual([{ userId: ann, role: 'owner', joinedN: 2, joinedAt: timeOf(2) }, { userId: bob, role: 'moderator', joinedN: 3, joinedAt: timeOf(3) }]);
    expect(at(happened, 5)?.members.map(({ userId }) => userId)).toEqual([ann]);
    expect(at(happened, 7)?.members.map(({ userId, role }) => [userId, role])).toEqual([[ann, 'owner'], [cem, 'member'], [bob, 'member']]);
  });
  test('given an edit, then before it the first text, after it the new one', () => {
    const happened = [...room(), posted(bob, one), edited(4, one, bob)];
    expect(at(happened, 4)?.messages).toMatchObject([{ n: 4, ordinal: 1, textN: 4, editedAt: null, editedLater: [5], redactedLater: null }]);
    expect(at(happened, 5)?.messages).toMatchObject([{ n: 4, textN: 5, editedAt: timeOf(5), editedLater: [] }]);
  });
  test('given a redaction, then before it the text with a warning, after it none', () => {
    const happened = [...room(), posted(bob, one), pinned(4, one), redacted(4, one)];
    expect(at(happened, 5)).toMatchObject({ pins: [4], messages: [{ state: 'shown', textN: 4, pinned: true, redactedLater: { n: 6, at: timeOf(6), by: ann } }] });
    expect(at(happened, 6)).toMatchObject({ pins: [], messages: [{ state: 'redacted', textN: null, pinned: false, redactedLater: null }] });
  });
  test('given reactions, then those of then in the order in which they came', () => {
    const happened = [...room(), posted(bob, one), reacted(4, one, '👍', bob), reacted(4, one, '🎉'), reacted(4, one, '👍'), unreacted(4, one, '👍', bob)];
    expect(at(happened, 7)?.messages[0]?.reactions).toEqual([{ emoji: '👍', users: [bob, ann] }, { emoji: '🎉', users: [ann] }]);
    expect(at(happened, 8)?.messages[0]?.reactions).toEqual([{ emoji: '👍', users: [ann] }, { emoji: '🎉', users: [ann] }]);
  });
  test('given many messages, then the newest so many, and how many there were', () => {
    const happened = [...room(), posted(bob, one), posted(ann, two), posted(bob, three)];
    expect(at(happened, 6, 2)).toMatchObject({ ordinal: 3, messages: [{ n: 5 }, { n: 6 }] });
    expect(at(happened, 6, 0)).toMatchObject({ ordinal: 3, messages: [] });
  });
  test('given an archiving and a deletion, then its state says so, and nobody is in it', () => {
    const happened = [...room(), archived(), deleted()];
    expect(at(happened, 4)).toMatchObject({ state: 'archived' });
    expect(at(happened, 5)).toMatchObject({ state: 'deleted', members: [] });
  });
  test('at any event it is what a fold of the log so far and nothing else gives', () => {
    fc.assert(fc.property(histories, fc.nat(), (happened, pick) => {
      const n = 1 + (pick % happened.length);
      const { messages = [], ...then } = pastRoom(given(happened, { n }), 1_000) ?? {};
      const { messages: alone = [], ...only } = pastRoom(given(happened.slice(0, n)), 1_000) ?? {};
      expect(then).toEqual(only);
      expect(messages.map((message) => ({ ...message, redactedLater: null, editedLater: [] }))).toEqual(alone);
    }), { numRuns: 200 });
  });
});

describe('what changed between two events', () => {
  const changes = (happened: Happened[], from: number, to: number) => diffRooms(at(happened, from, Infinity)!, at(happened, to, Infinity)!);
  const story = [...room(), posted(bob, one), posted(ann, two), renamed(), edited(4, one, bob), promoted(bob, 'moderator'), joined(cem), left(cem), joined(cem), pinned(5, two), reacted(5, two, '👍'), redacted(4, one, bob), archived()];
  test('is told by kind of change', () => {
    expect(changes(story, 4, 9)).toMatchObject({ name: { from: 1, to: 6 }, topic: null, state: null, roles: [{ userId: bob, from: 'member', to: 'moderator' }], joined: [{ userId: cem, joinedN: 9 }], left: [], posted: [5], edited: [4], redacted: [] });
    expect(changes(story, 9, 15)).toMatchObject({ state: { from: 'open', to: 'archived' }, joined: [{ userId: cem, joinedN: 11 }], left: [{ userId: cem, joinedN: 9 }], pinned: [5], unpinned: [], redacted: [4], edited: [], reactions: [{ n: 5, emoji: '👍', added: [ann], removed: [] }] });
  });
  test('is nothing between an event and itself, whatever happened', () => {
    fc.assert(fc.property(histories, (happened) => {
      const same = changes([...happened], happened.length, happened.length);
      expect(Object.values(same).filter((value) => Array.isArray(value)).flat()).toEqual([]);
      expect([same.name, same.topic, same.state]).toEqual([null, null, null]);
    }), { numRuns: 50 });
  });
  test('adds up over a way of two steps: messages posted', () => {
    fc.assert(fc.property(histories, fc.nat(), (happened, pick) => {
      const [first, middle, last] = [1, 1 + (pick % happened.length), happened.length];
      expect([...changes([...happened], first, middle).posted, ...changes([...happened], middle, last).posted]).toEqual(changes([...happened], first, last).posted);
    }), { numRuns: 50 });
  });
});

const sights = (happened: Happened[], ref: string | number = 4) => whoCouldSee(given(happened), ref)?.sights.map(({ userId, because, fromN, untilN, ended, versions }) => ({ userId, because, fromN, untilN, ended, versions }));
const always = { because: 'posted', fromN: 4, untilN: null, ended: null, versions: [4] };

describe('who could see', () => {
  test('those who were in the room, and nobody else', () => expect(sights([...room(), posted(bob, one)])).toEqual([{ userId: ann, ...always }, { userId: bob, ...always }]));
  test('by id or by number', () => expect(sights([...room(), posted(bob, one)], one)).toEqual(sights([...room(), posted(bob, one)], 4)));
  test('no message, no answer', () => expect([sights(room(), 3), sights([...room(), posted(bob, one)], two)]).toEqual([undefined, undefined]));
  test('who came later, where the room shows its past', () => {
    const happened = [...room(), posted(bob, one), joined(cem)];
    expect(sights(happened)?.at(-1)).toEqual({ userId: cem, because: 'joined', fromN: 5, untilN: null, ended: null, versions: [4] });
    expect(whoCouldSee(given(happened), 4)?.sights.at(-1)?.proof).toEqual([
      { n: 1, at: timeOf(1), what: 'room.created, history all' }, { n: 5, at: timeOf(5), what: 'room.member-joined as member' }, { n: 4, at: timeOf(4), what: 'message.posted' },
    ]);
  });
  test('not who came later, where it does not', () => expect(sights([...room('since-join'), posted(bob, one), joined(cem)])?.map(({ userId }) => userId)).toEqual([ann, bob]));
  test('who left before it was said could not, until they came back', () => {
    expect(sights([...room(), left(bob), posted(ann, one)], 5)?.map(({ userId }) => userId)).toEqual([ann]);
    expect(sights([...room(), left(bob), posted(ann, one), joined(bob)], 5)?.at(-1)).toMatchObject({ userId: bob, because: 'joined', fromN: 6 });
  });
  test('who leaves keeps what was said before', () => expect(sights([...room(), posted(ann, one), removed(bob)])?.at(-1)).toEqual({ userId: bob, ...always }));
  test('with the role of then, not of now', () => {
    const [, bobs] = whoCouldSee(given([...room(), posted(ann, one), promoted(bob, 'moderator')]), 4)?.sights ?? [];
    expect([bobs?.role, bobs?.proof[0]]).toEqual(['member', { n: 3, at: timeOf(3), what: 'room.member-joined as member' }]);
    expect(whoCouldSee(given([...room(), promoted(bob, 'moderator'), posted(ann, one)]), 5)?.sights[1]).toMatchObject({ role: 'moderator', proof: [{ what: 'room.member-joined as member' }, {}] });
  });
  test('a redaction ends it for all, and who comes after it never could', () => {
    expect(sights([...room(), posted(ann, one), left(bob), redacted(4, one), joined(cem)])).toEqual([ann, bob].map((userId) => ({ ...always, userId, untilN: 6, ended: 'redacted' })));
  });
  test('so does the deletion of the room', () => expect(sights([...room(), posted(ann, one), deleted()])?.[0]).toMatchObject({ untilN: 5, ended: 'room-deleted' }));
  test('who came after an edit never could read the first text; who left before it, not the second', () => {
    const happened = [...room(), posted(ann, one), left(bob), edited(4, one), joined(cem), edited(4, one)];
    expect(sights(happened)?.map(({ userId, versions }) => [userId, versions])).toEqual([[ann, [4, 6, 8]], [bob, [4]], [cem, [6, 8]]]);
  });

  test('agrees with the rule of queries for every person, message and moment of random rooms', () => {
    fc.assert(fc.property(histories, (happened) => {
      const whole = given(happened);
      // What queries would have known at each event: a fold of the log so far.
      const then = happened.map((_, index) => given(happened.slice(0, index + 1)));
      for (const { n } of whole.messages()) {
        const found = whoCouldSee(whole, n)?.sights ?? [];
        for (const userId of people) {
          for (const [index, fold] of then.entries()) {
            const k = index + 1;
            const mine = found.filter((sight) => sight.userId === userId && k >= sight.fromN && (sight.untilN === null || k < sight.untilN));
            expect({ userId, n, k, sees: mine.length }).toEqual({ userId, n, k, sees: queryShows(fold, userId, n) ? 1 : 0 });
          }
        }
      }
    }), { numRuns: 60 });
  });
});

/** As query-service decides: no room, no message, redacted, or outside the person's spans. */
function queryShows(fold: RoomFold, userId: string, n: number): boolean {
  const message = fold.message(n);
  const { room: row } = fold;
  if (!row || row.deleted_n !== null || !message || message.state === 'redacted') return false;
  const stays = fold.stays().filter(({ user_id }) => user_id === userId).map((stay): Stay => ({ joinedN: stay.joined_n, joinedOrdinal: stay.joined_ordinal, leftN: stay.left_n, leftOrdinal: stay.left_ordinal, role: stay.role }));
  return isVisible(visibleSpans(row.history as HistoryRule, stays, row), n);
}

describe('unread', () => {
  const happened = [...room(), posted(ann, one), posted(ann, two), posted(bob, three), redacted(5, two)];
  test('is what is above the marker, less one’s own and what was redacted', () => {
    expect(renderSum(countUnread(given(happened), bob, 0)!)).toBe('3 − 0 − 1 own − 1 redacted = 1');
    expect(countUnread(given(happened), bob, 0)?.counted.map(({ n }) => n)).toEqual([4]);
    expect(renderSum(countUnread(given(happened), bob, 4)!)).toBe('3 − 1 − 1 own − 1 redacted = 0');
    expect(renderSum(countUnread(given(happened), bob, 99)!)).toBe('3 − 3 = 0');
  });
  test('leaves out what was said while one was away', () => {
    const away = [...room('since-join'), posted(ann, one), left(bob), posted(ann, two), joined(bob), posted(ann, three)];
    expect(renderSum(countUnread(given(away), bob, 0)!)).toBe('3 − 0 − 1 not shown to them = 2');
  });
  test('is not counted for who is no member', () => {
    expect(countUnread(given(happened), dee, 0)).toBeUndefined();
    expect(countUnread(given([...happened, left(bob)]), bob, 0)).toBeUndefined();
  });
  test('adds up, whatever happened', () => {
    fc.assert(fc.property(histories, fc.constantFrom(...people), fc.nat(90), (story, userId, marker) => {
      const unread = countUnread(given(story), userId, marker);
      if (!unread) return;
      expect(unread.unread).toBe(unread.lastOrdinal - unread.readOrdinal - unread.hidden - unread.own - unread.redacted);
      expect(unread.counted.every(({ n, author, state }) => n > marker && author !== userId && state === 'shown')).toBe(true);
      expect(unread.counted.length).toBe(given(story).messages().filter(({ n, author }) => n > marker && author !== userId && queryShows(given(story), userId, n)).length);
    }), { numRuns: 200 });
  });
});
