import { streamIndexOf } from '@parley/contracts/wire/partition';
import { person } from '@parley/projectors/testing/stories.spec';
import { type Said as Event, uuidv7 } from '@parley/projectors/testing/world.spec';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expected, said, type Said } from './testing/relevance.spec.ts';
import { adapters, Searched } from './testing/searched.spec.ts';

let searched: Searched;
const [ann, bob, cem] = [person(1), person(2), person(3)];
const ids = Object.fromEntries(Object.keys(said).map((name) => [name, uuidv7()])) as Record<Said, string>;

const say = (id: string, ...events: Event[]) => searched.world.append({ kind: 'room', id }, events);
const joined = (userId: string, role = 'member'): Event => ({ type: 'room.member-joined', by: userId, data: { userId, role } });
const removed = (userId: string): Event => ({ type: 'room.member-removed', by: ann, data: { userId } });
type More = { author?: string; messageId?: string; hasLink?: boolean; replyTo?: { messageId: string; n: number }; sentAt?: string };
const posted = (ordinal: number, text: string, { author = ann, messageId = uuidv7(), hasLink = false, ...more }: More = {}): Event =>
  ({ type: 'message.posted', by: author, data: { messageId, author, ordinal, hasLink, mentions: [], ...more }, content: { text } });
const about = (type: string, post: Event, targetN: number, data = {}, text?: string): Event =>
  ({ type, by: ann, data: { messageId: post.data['messageId'], targetN, ...data }, ...(text !== undefined && { content: { text } }) });
const edited = (post: Event, targetN: number, text: string): Event => about('message.edited', post, targetN, { hasLink: false, mentions: [] }, text);
async function room(id: string, history: string, ...members: string[]) {
  await say(id, { type: 'room.created', by: ann, data: { kind: 'private', history, createdBy: ann }, content: { name: id } }, joined(ann, 'owner'), ...members.map((userId) => joined(userId)));
}

beforeAll(async () => {
  searched = await Searched.start();
  await room('talk', 'all');
  const posts = Object.entries(said).map(([name, text], at) => posted(at + 1, text, { messageId: ids[name as Said], hasLink: text.includes('https:') }));
  for (let at = 0; at < posts.length; at += 10) await say('talk', ...posts.slice(at, at + 10));
  await searched.settled();
}, 240_000);
afterAll(async () => {
  await searched?.[Symbol.asyncDispose]();
});

describe.each(adapters)('%s', (adapter) => {
  describe('finds', () => {
    test.each(expected)('$q', async ({ q, hits, first, more }) => {
      const names = new Map(Object.entries(ids).map(([name, id]) => [id, name]));
      const { hits: found, index } = await searched.search(adapter, ann, { q, room: 'talk' });
      const inOrder = found.map(({ message }) => names.get(message.messageId));
      expect(index).toBe(adapter);
      expect(new Set(inOrder)).toEqual(new Set([...hits, ...(more?.[adapter] ?? [])]));
      expect(inOrder).toHaveLength(hits.length + (more?.[adapter]?.length ?? 0));
      if (first) expect(inOrder[0]).toBe(first);
    });

    test('marks the same ranges', async () => {
      const { hits: [hit] } = await searched.search(adapter, ann, { q: '메시지가 검색' });
      expect(hit!.highlights.map(({ start, end }) => hit!.message.text!.slice(start, end))).toEqual(['메시지', '검색']);
    });
  });

  describe('filters', () => {
    test('by link, author, room, time, thread, alone and with words', async () => {
      const id = `filters-${adapter}`;
      await room(id, 'all', bob);
      const root = posted(1, 'shared lunch', { sentAt: '2004-05-01T10:00:00.000Z' });
      await say(id, root, posted(2, 'lunch at https://lunch.example', { author: bob, hasLink: true }), posted(3, 'yes lunch', { author: bob, replyTo: { messageId: root.data['messageId'] as string, n: 4 } }));
      await searched.settled();
      const texts = (params: Record<string, string>) => searched.texts(adapter, ann, { room: id, order: 'newest', ...params });
      expect(await texts({ q: 'lunch', hasLink: 'true' })).toEqual(['lunch at https://lunch.example']);
      expect(await texts({ hasLink: 'true' })).toEqual(['lunch at https://lunch.example']);
      expect(await texts({ q: 'lunch', hasLink: 'false' })).toEqual(['yes lunch', 'shared lunch']);
      expect(await texts({ from: bob })).toEqual(['yes lunch', 'lunch at https://lunch.example']);
      expect(await texts({ inThread: root.data['messageId'] as string })).toEqual(['yes lunch']);
      expect(await texts({ until: '2004-05-02' })).toEqual(['shared lunch']);
      expect(await texts({ since: '2004-05-02' })).toEqual(['yes lunch', 'lunch at https://lunch.example']);
      expect(await texts({ since: '2004-05-01T10:00:00.000Z', until: '2004-05-01T10:00:00.001Z', q: 'shared' })).toEqual(['shared lunch']);
    });
  });

  test.each(['best', 'newest'])('pages by %s hold every hit once, also while more is said', async (order) => {
    const id = `pages-${adapter}-${order}`;
    await room(id, 'all');
    for (let at = 0; at < 3; at += 1) await say(id, ...Array.from({ length: 90 }, (_, more) => posted(at * 90 + more + 1, `needle ${at * 90 + more} ${'hay '.repeat(more % 7)}`)));
    await searched.settled();
    const seen: string[] = [];
    let next: string | null = null;
    do {
      const found = await searched.search(adapter, ann, { q: 'needle', room: id, order, limit: 50, ...(next !== null && { page: next }) });
      seen.push(...found.hits.map(({ message }) => message.messageId));
      next = found.next;
      if (seen.length === 50) {
        await say(id, posted(271, 'needle, late'));
        await searched.settled();
      }
    } while (next !== null);
    expect(seen).toHaveLength(270);
    expect(new Set(seen).size).toBe(270);
  });

  test('what was edited or redacted is found as it is, not as it was', async () => {
    const id = `changed-${adapter}`;
    await room(id, 'all');
    const [first, second, third] = [posted(1, 'platypus'), posted(2, 'platypus too'), posted(3, 'platypus three')];
    await say(id, first, second, third);
    await searched.settled();
    await say(id, edited(first, 3, 'wombat'), about('message.redacted', second, 4), about('message.reacted', third, 5, { emoji: '🦦' }));
    await searched.settled();
    expect(await searched.texts(adapter, ann, { q: 'platypus', room: id })).toEqual(['platypus three']);
    expect(await searched.texts(adapter, ann, { q: 'wombat', room: id })).toEqual(['wombat']);
  });

  describe('shows only what may be read', () => {
    test('nobody else’s rooms, nothing after leaving, and what was read then as it was then', async () => {
      const id = `left-${adapter}`;
      await room(id, 'all', bob);
      const draft = posted(1, `kumquat${adapter} draft`);
      await say(id, draft);
      await say(id, removed(bob));
      await say(id, posted(2, `kumquat${adapter} later`), edited(draft, 4, `kumquat${adapter} durian${adapter}`));
      await searched.settled();
      expect(await searched.texts(adapter, cem, { q: `kumquat${adapter}` })).toEqual([]);
      expect(await searched.refusal(adapter, cem, { q: `kumquat${adapter}`, room: id })).toEqual([404, 'not-found']);
      expect(await searched.texts(adapter, bob, { q: `kumquat${adapter}` })).toEqual([`kumquat${adapter} draft`]);
      expect(await searched.texts(adapter, bob, { q: `durian${adapter}` })).toEqual([]);
      expect(await searched.texts(adapter, ann, { q: `kumquat${adapter}`, order: 'newest' })).toEqual([`kumquat${adapter} later`, `kumquat${adapter} durian${adapter}`]);
    });

    test('since-join: each stay and nothing between', async () => {
      const id = `since-${adapter}`;
      await room(id, 'since-join');
      await say(id, posted(1, `mango${adapter} before`));
      await say(id, joined(bob));
      await say(id, posted(2, `mango${adapter} first stay`));
      await say(id, removed(bob));
      await say(id, posted(3, `mango${adapter} between`));
      await say(id, joined(bob));
      await say(id, posted(4, `mango${adapter} second stay`));
      await searched.settled();
      for (const params of [{ q: `mango${adapter}` }, { q: `mango${adapter}`, room: id }] as Record<string, string>[]) expect(await searched.texts(adapter, bob, { ...params, order: 'newest' })).toEqual([`mango${adapter} second stay`, `mango${adapter} first stay`]);
    });

    test('history all: who was invited again reads everything', async () => {
      const id = `again-${adapter}`;
      await room(id, 'all', bob);
      await say(id, removed(bob));
      await say(id, posted(1, `papaya${adapter} between`));
      await searched.settled();
      expect(await searched.texts(adapter, bob, { q: `papaya${adapter}` })).toEqual([]);
      await say(id, joined(bob));
      await searched.settled();
      expect(await searched.texts(adapter, bob, { q: `papaya${adapter}` })).toEqual([`papaya${adapter} between`]);
    });

    test('nothing of a deleted room, and no word of it is kept', async () => {
      const id = `gone-${adapter}`;
      await room(id, 'all', bob);
      await say(id, posted(1, `rambutan${adapter}`));
      await say(id, { type: 'room.deleted', by: ann, data: {} });
      await searched.settled();
      for (const userId of [ann, bob]) expect(await searched.texts(adapter, userId, { q: `rambutan${adapter}` })).toEqual([]);
      const [row] = await searched.world.sql`select shown, words, keys from search.document where room_id = ${id}`;
      expect(row).toEqual({ shown: false, words: '', keys: [] });
    });

    test('a hit that is newer than the membership known here is withheld', async () => {
      const id = `ahead-${adapter}`;
      await room(id, 'all', bob);
      await say(id, posted(1, `lychee${adapter} one`), posted(2, `lychee${adapter} two`));
      await searched.shown();
      // The rows of the room as they were two events ago, while the index is ahead.
      await searched.world.sql`update rm.room set n = n - 1 where room_id = ${id}`;
      expect(await searched.texts(adapter, bob, { q: `lychee${adapter}` })).toEqual([`lychee${adapter} one`]);
    });
  });

  describe('refuses', () => {
    test.each<[Record<string, string>, number, string]>([
      [{}, 422, 'invalid'], [{ q: '   ' }, 422, 'invalid'], [{ q: '👍' }, 422, 'invalid'], [{ q: '-only' }, 422, 'invalid'], [{ q: 'x', inThread: uuidv7() }, 422, 'invalid'],
      [{ q: 'x '.repeat(5_000) }, 422, 'invalid'], [{ q: 'a1 b2 c3 d4 e5 f6 g7 h8 i9 j0 k1 l2 m3 n4 o5 p6 q7 r8 s9 t0 u1' }, 422, 'invalid'],
      [{ q: 'x', page: 'AAAA' }, 422, 'invalid'], [{ q: 'x', since: 'yesterday' }, 422, 'invalid'], [{ q: 'x', limit: '1000' }, 422, 'invalid'],
    ])('%o', async (params, status, code) => expect(await searched.refusal(adapter, ann, params)).toEqual([status, code]));

    test.each(['*ubuntu', '_exists_:room', 'room:(*)', '{"match_all":{}}', '"} OR 1=1; drop table search.document; --', 'a* b* c* d* e*', '%', '_', '\\', '%%%a', "' or ''='"])('no language but its own: %s', async (q) => {
      const begun = performance.now();
      const { status, body } = await searched.asked[adapter].ask(cem, `/v1/search?${new URLSearchParams({ q })}`);
      expect([200, 422]).toContain(status);
      expect(body.data?.hits ?? []).toEqual([]);
      expect(performance.now() - begun).toBeLessThan(2_000);
    });
  });

  test('a cursor is waited for: what was just said is found', async () => {
    const id = `fresh-${adapter}`;
    await room(id, 'all');
    for (let ordinal = 1; ordinal <= 10; ordinal += 1) {
      const seq = await say(id, posted(ordinal, `starfruit ${ordinal}`));
      const found = await searched.search(adapter, ann, { q: `"starfruit ${ordinal}"`, room: id, after: searched.asked[adapter].after(streamIndexOf('room', id), seq) });
      expect(found.hits.map(({ message }) => message.text)).toEqual([`starfruit ${ordinal}`]);
    }
  });
});
