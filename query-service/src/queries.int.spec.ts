import { queries } from '@parley/contracts/queries/queries';
import type { MessageView, NoteView } from '@parley/contracts/queries/views';
import { streamIndexOf } from '@parley/contracts/wire/partition';
import { startProjectors } from '@parley/projectors/start';
import { person, Story } from '@parley/projectors/testing/stories.spec';
import { type Said, uuidv7, World } from '@parley/projectors/testing/world.spec';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Asked, startAsked } from './testing/asker.spec.ts';

let world: World;
let asked: Asked;
let projectors: Awaited<ReturnType<typeof startProjectors>>;
const [ann, bob, cem] = [person(1), person(2), person(3)];

beforeAll(async () => {
  world = await World.start(true);
  projectors = await startProjectors(world.config());
  asked = await startAsked(world);
}, 120_000);
afterAll(async () => {
  await asked?.[Symbol.asyncDispose]();
  await projectors?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const say = (id: string, ...said: Said[]) => world.append({ kind: 'room', id }, said);
const joined = (userId: string, role = 'member'): Said => ({ type: 'room.member-joined', by: userId, data: { userId, role } });
const removed = (userId: string): Said => ({ type: 'room.member-removed', by: ann, data: { userId } });
const posted = (ordinal: number, text: string, author: string = ann, mentions: string[] = []): Said =>
  ({ type: 'message.posted', by: author, data: { messageId: uuidv7(), author, ordinal, hasLink: false, mentions }, content: { text } });
const edited = (post: Said, targetN: number, text: string): Said =>
  ({ type: 'message.edited', by: post.by, data: { messageId: post.data['messageId'], targetN, hasLink: false, mentions: [] }, content: { text } });
async function room(id: string, kind: string, history: string, ...members: string[]) {
  await say(id, { type: 'room.created', by: ann, data: { kind, history, createdBy: ann }, content: { name: id } }, joined(ann, 'owner'), ...members.map((userId) => joined(userId)));
}
const texts = (data: { messages: MessageView[] }): (string | null)[] => data.messages.map(({ text }) => text);

describe('what one may see', () => {
  test('history all: a re-invited member reads everything, one who left everything up to then', async () => {
    await room('all', 'private', 'all', bob);
    await say('all', posted(1, 'one'));
    await say('all', removed(bob));
    await say('all', posted(2, 'two'));
    await world.settled();
    const left = await asked.data(bob, '/v1/rooms/all/messages');
    expect(texts(left)).toEqual(['one']);
    expect(left).toMatchObject({ ordinal: 1, n: 5, firstOrdinal: 1 });
    expect(left.notes.map(({ type }: NoteView) => type)).toEqual(['room.created', 'room.member-joined', 'room.member-joined', 'room.member-removed']);
    expect((await asked.ask(bob, '/v1/rooms/all')).status).toBe(404);
    expect((await asked.ask(bob, '/v1/rooms/all/members')).status).toBe(404);
    await say('all', joined(bob));
    await world.settled();
    expect(texts(await asked.data(bob, '/v1/rooms/all/messages'))).toEqual(['one', 'two']);
  });

  test('history since-join: each stay and nothing between', async () => {
    await room('since', 'private', 'since-join');
    await say('since', posted(1, 'before'));
    await say('since', joined(bob));
    await say('since', posted(2, 'first stay'));
    await say('since', removed(bob));
    await say('since', posted(3, 'between'));
    await say('since', joined(bob));
    await say('since', posted(4, 'second stay'));
    await world.settled();
    for (const page of ['', '?since=0', '?before=99', '?around=3', '?limit=2']) expect(texts(await asked.data(bob, `/v1/rooms/since/messages${page}`))).toEqual(['first stay', 'second stay']);
    const { rooms } = await asked.data(bob, '/v1/me/rooms');
    expect(rooms.find(({ roomId }: { roomId: string }) => roomId === 'since')).toMatchObject({ unread: 2, firstOrdinal: 2, joinedN: 8 });
    const between = (await asked.data(ann, '/v1/rooms/since/messages')).messages[2] as MessageView;
    expect((await asked.ask(bob, `/v1/rooms/since/messages/${between.messageId}`)).status).toBe(404);
  });

  test('one who left reads messages as they were then', async () => {
    await room('then', 'private', 'all', bob);
    const [first, second] = [posted(1, 'plain'), posted(2, 'draft')];
    await say('then', first, second, edited(second, 5, 'clean'));
    await say('then', removed(bob));
    await say('then', edited(first, 4, 'secret'), edited(second, 5, 'secret too'), { type: 'message.reacted', by: ann, data: { messageId: first.data['messageId'], targetN: 4, emoji: '🤫' } });
    await world.settled();
    expect(texts(await asked.data(ann, '/v1/rooms/then/messages'))).toEqual(['secret', 'secret too']);
    const left = await asked.data(bob, '/v1/rooms/then/messages');
    expect(texts(left)).toEqual(['plain', 'clean']);
    expect(left.messages[0]).toMatchObject({ revision: 4 < left.n ? left.n : 4, reactions: [], editedAt: null, state: 'shown' });
    const one = await asked.data(bob, `/v1/rooms/then/messages/${String(second.data['messageId'])}`);
    expect(one.message.text).toBe('clean');
    expect(one.edits.map(({ text }: { text: string }) => text)).toEqual(['clean']);
    expect(JSON.stringify([left, one])).not.toContain('secret');
  });

  test('strangers get nothing, the same for what exists and what does not; public rooms show a card', async () => {
    await room('secret', 'private', 'all');
    await room('open', 'public', 'all');
    await say('open', posted(1, 'inside'));
    await world.settled();
    const messageId = uuidv7();
    for (const path of ['', '/messages', `/messages/${messageId}`, '/members', '/pins', '/receipts']) {
      const [there, nowhere] = [await asked.ask(cem, `/v1/rooms/secret${path}`), await asked.ask(cem, `/v1/rooms/nowhere${path}`)];
      expect(there).toEqual(nowhere);
      expect(there).toMatchObject({ status: 404, type: 'application/problem+json', body: { code: 'not-found' } });
      if (path !== '') expect((await asked.ask(cem, `/v1/rooms/open${path}`)).status).toBe(404);
    }
    expect(await asked.data(cem, '/v1/rooms/open')).toMatchObject({ roomId: 'open', name: 'open', members: 1 });
    expect((await asked.data(cem, '/v1/rooms')).rooms.map(({ roomId }: { roomId: string }) => roomId)).toEqual(['open']);
  });

  test('a deleted room is gone for everybody', async () => {
    await room('gone', 'public', 'all', bob);
    await say('gone', posted(1, 'inside'));
    await say('gone', { type: 'room.deleted', by: ann, data: {} });
    await world.settled();
    for (const userId of [ann, bob, cem]) expect((await asked.ask(userId, '/v1/rooms/gone/messages')).status).toBe(404);
    expect(JSON.stringify(await asked.data(ann, '/v1/me/rooms'))).not.toContain('gone');
  });
});

describe('newness', () => {
  test('a query waits for the position it is given', async () => {
    await room('fresh', 'private', 'all', bob);
    for (let ordinal = 1; ordinal <= 20; ordinal += 1) {
      const seq = await say('fresh', posted(ordinal, `m${ordinal}`));
      const { body } = await asked.ask(bob, `/v1/rooms/fresh/messages?limit=1&after=${asked.after(streamIndexOf('room', 'fresh'), seq)}`);
      expect(body).toMatchObject({ stale: false, data: { messages: [{ text: `m${ordinal}` }] } });
      expect(asked.decode(body.position).seqs[streamIndexOf('room', 'fresh')]).toBeGreaterThanOrEqual(seq);
    }
  });

  test('a position that is not reached, or of another log, makes the answer stale; no cursor is a problem', async () => {
    const ahead = await asked.ask(bob, `/v1/rooms/fresh/messages?after=${asked.after(streamIndexOf('room', 'fresh'), 1_000_000)}`);
    expect(ahead.body).toMatchObject({ stale: true });
    const other = await asked.ask(bob, `/v1/rooms/fresh/messages?after=${asked.after(0, 1).replace(/^c1\.\w+/, 'c1.ffffffff')}`);
    expect(other.body).toMatchObject({ stale: true });
    expect(asked.decode(other.body.position).epoch).not.toBe('ffffffff');
    expect((await asked.ask(bob, '/v1/rooms/fresh/messages?after=nonsense')).body).toMatchObject({ code: 'cursor-invalid', status: 400 });
    expect((await asked.ask(bob, `/v1/rooms/notyet/messages?after=${asked.after(streamIndexOf('room', 'notyet'), 1_000_000)}`)).body).toMatchObject({ code: 'unavailable' });
  });

  test('a parked room says so', async () => {
    await world.sql`insert into ops.parked (projection, generation, stream, kind, aggregate, from_seq, from_n, reason) values ('conversations', 1, 'EVT_0', 'room', 'fresh', 1, 1, 'spec')`;
    expect((await asked.ask(bob, '/v1/rooms/fresh/messages')).body.stale).toBe(true);
    expect((await asked.ask(bob, '/v1/me/rooms')).body.stale).toBe(true);
    await world.sql`delete from ops.parked where reason = 'spec'`;
    expect((await asked.ask(bob, '/v1/rooms/fresh/messages')).body.stale).toBe(false);
  });
});

describe('lists', () => {
  test('every answer has the shape of its contract, after whatever people did', async () => {
    const story = new Story(world, 'story', 42);
    await story.go(60);
    await world.append({ kind: 'user', id: ann }, [{ type: 'user.guest-registered', by: ann, data: { number: 7 } }, { type: 'user.status-set', by: ann, data: {}, content: { text: 'busy', emoji: '🔥' } }]);
    await world.settled();
    const anyId = (await asked.data(ann, '/v1/rooms/story/messages?limit=1')).messages[0]?.messageId as string;
    for (const { path, data } of queries) {
      const query = path === '/v1/users' ? `?ids=${ann},${bob}` : path === '/v1/search' ? '?room=story' : '';
      const answer = await asked.data(ann, `${path.replace(':roomId', 'story').replace(':messageId', anyId)}${query}`);
      expect(data.safeParse(answer).error?.issues ?? []).toEqual([]);
    }
    expect(await asked.data(ann, '/v1/me')).toMatchObject({ name: 'Guest 7', kind: 'guest', status: { text: 'busy', emoji: '🔥' } });
    expect((await asked.data(bob, '/v1/users?name=gUe')).users).toMatchObject([{ userId: ann }]);
  });

  test('pages put together are the whole history, messages and notes each once', async () => {
    const whole = await asked.data(ann, '/v1/rooms/story/messages?limit=100');
    const messages: MessageView[] = [];
    const notes: NoteView[] = [];
    for (let before: number | undefined; ;) {
      const page = await asked.data(ann, `/v1/rooms/story/messages?limit=7${before === undefined ? '' : `&before=${before}`}`);
      messages.unshift(...page.messages);
      notes.unshift(...page.notes);
      if (page.messages.length < 7) break;
      before = page.messages[0].ordinal;
    }
    expect(messages.slice(-100)).toEqual(whole.messages);
    expect(messages.map(({ ordinal }) => ordinal)).toEqual(messages.map((_, index) => index + 1));
    const all = await world.sql<{ view: NoteView }[]>`select view from rm.note_view where room_id = 'story' order by n`;
    expect(notes).toEqual(all.map(({ view }) => view));
    const middle = await asked.data(ann, '/v1/rooms/story/messages?around=20&limit=6');
    expect(middle.messages.map(({ ordinal }: MessageView) => ordinal)).toEqual([17, 18, 19, 20, 21, 22]);
    const since = await asked.data(ann, '/v1/rooms/story/messages?since=5&limit=3');
    expect(since.messages.map(({ ordinal }: MessageView) => ordinal)).toEqual([6, 7, 8]);
  });

  test('my rooms: newest activity first, by pages, unread as a count of the messages says', async () => {
    await say('all', posted(3, 'hey', ann, [bob]), posted(4, 'mine', bob));
    await world.append({ kind: 'reader', id: bob }, [{ type: 'reader.marked', by: bob, data: { roomId: 'all', n: 4 } }]);
    await world.settled();
    const { rooms } = await asked.data(bob, '/v1/me/rooms');
    expect(rooms[0]).toMatchObject({ roomId: 'all', marker: 4, unread: 2, mentions: 1, last: { text: 'mine' } });
    const paged: string[] = [];
    for (let page = ''; ;) {
      const answer = await asked.data(bob, `/v1/me/rooms?limit=1${page}`);
      paged.push(...answer.rooms.map(({ roomId }: { roomId: string }) => roomId));
      if (answer.next === null) break;
      page = `&page=${answer.next}`;
    }
    expect(paged).toEqual(rooms.map(({ roomId }: { roomId: string }) => roomId));
    for (const { roomId, marker, unread, firstOrdinal } of rooms) {
      const history = await asked.data(bob, `/v1/rooms/${roomId}/messages?limit=100`);
      const counted = history.messages.filter((message: MessageView) => message.n > marker && message.author !== bob && message.state !== 'redacted' && message.ordinal >= firstOrdinal);
      expect(unread).toBe(counted.length);
    }
  });

  test('members by pages, receipts, memberships for gateways only', async () => {
    const { members } = await asked.data(ann, '/v1/rooms/all/members');
    const first = await asked.data(ann, '/v1/rooms/all/members?limit=1');
    const second = await asked.data(ann, `/v1/rooms/all/members?limit=1&page=${first.next}`);
    expect([...first.members, ...second.members]).toEqual(members);
    expect(second.next).toBeNull();
    expect((await asked.data(ann, '/v1/rooms/all/receipts')).markers).toEqual([{ userId: bob, n: 4 }]);
    expect((await asked.ask(bob, `/internal/memberships?userId=${bob}`)).status).toBe(403);
    const mine = await asked.data('system', `/internal/memberships?userId=${bob}`, 'system');
    expect(mine.seqs).toHaveLength(20);
    expect(mine.rooms.find(({ roomId }: { roomId: string }) => roomId === 'all')).toMatchObject({ joinedN: 7, lastN: 9, members: 2 });
    expect((await asked.data('system', '/internal/rooms/all/member-ids', 'system')).userIds).toEqual([ann, bob]);
  });

  test('people of a room by the beginning of their name: present members, asked by one of them', async () => {
    const people = [person(41), person(42), person(43)] as const;
    for (const [index, id] of people.entries()) {
      const claimId = `${'zoe'.repeat(14)}${index}`;
      await world.append({ kind: 'user', id }, [{ type: 'user.registration-started', by: id, data: { claimId }, content: { name: `Zoë ${index}` } }, { type: 'user.registered', by: 'system', data: { claimId } }]);
    }
    await room('choir', 'private', 'all', people[0], people[1]);
    await say('choir', removed(people[1]));
    await world.settled();
    const found = async (asker: string, query: string): Promise<unknown[]> => (await asked.data(asker, `/v1/users?name=zo&${query}`)).users.map(({ userId }: { userId: string }) => userId);
    expect(await found(ann, 'limit=10')).toEqual(people);
    expect(await found(ann, 'room=choir')).toEqual([people[0]]);
    expect(await found(people[0], 'room=choir&limit=1')).toEqual([people[0]]);
    expect(await found(ann, 'room=all')).toEqual([]);
    for (const [asker, of] of [[people[1], 'choir'], [cem, 'choir'], [ann, 'no-such-room']] as const) expect((await asked.ask(asker, `/v1/users?name=zo&room=${of}`)).status).toBe(404);
    expect(await asked.ask(ann, `/v1/users?ids=${people[0]}&room=choir`)).toMatchObject({ status: 422, body: { code: 'invalid', errors: [{ path: 'room' }] } });
  });
});

test('answers are the same with Redis, from Redis, and with Redis dead', async () => {
  const paths = ['/v1/rooms/story/messages?limit=50', '/v1/rooms/story/messages?limit=10', '/v1/rooms/since/messages', '/v1/rooms/all/messages'];
  await using without = await startAsked(world, { REDIS_URL: '' });
  const plain = await Promise.all(paths.map((path) => without.data(ann, path)));
  for (let round = 0; round < 2; round += 1) expect(await Promise.all(paths.map((path) => asked.data(ann, path)))).toEqual(plain);
  await world.servers.redis!.kill('SIGKILL');
  expect(await Promise.all(paths.map((path) => asked.data(ann, path)))).toEqual(plain);
  await say('story', { type: 'room.renamed', by: ann, data: {}, content: { name: 'after' } });
  await world.settled();
  expect((await asked.data(ann, '/v1/rooms/story/messages?limit=1')).notes.at(-1)).toMatchObject({ type: 'room.renamed', text: 'after' });
});
