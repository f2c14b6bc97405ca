import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { streamOf } from '@parley/contracts/wire/partition';
import { makeSecrets } from '@parley/kernel/config/secrets';
import { openPostgres } from '@parley/kernel/stores/postgres';
import { person, Story } from '@parley/projectors/testing/stories.spec';
import { uuidv7, World } from '@parley/projectors/testing/world.spec';
import { Constellation } from '@parley/tests/harness/constellation';
import { parley as run } from '@parley/tests/harness/parley';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askRoom } from './room/ask-query-service.ts';
import { countUnread } from './room/count-unread.ts';
import { internalToken } from './commands/token.ts';
import { foldRoomLog } from './room/read-room.ts';
import { whoCouldSee } from './room/who-could-see.ts';
import { createProgram } from './program.ts';
import { readSettings } from './settings.ts';

/** Goal: what the log proves about a room is what queries answer about it, at every stage of random rooms. */
let world: World;
let chat: Constellation;
const everybody = [1, 2, 3, 4, 5, 6].map(person);

beforeAll(async () => {
  world = await World.start();
  const { PARLEY_KEK = '', PARLEY_INTERNAL_KEY = '' } = world.env;
  chat = await Constellation.start({ servers: world.servers, secrets: { ...makeSecrets(), PARLEY_KEK, PARLEY_INTERNAL_KEY } });
}, 180_000);
afterAll(async () => {
  await chat?.stop();
  await world?.[Symbol.asyncDispose]();
});

const parley = (...args: string[]) => run(chat, args);
// oxlint-disable-next-line typescript/no-explicit-any
const json = ({ stdout }: { stdout: string }): any => JSON.parse(stdout.trim().split('\n').at(-1)!);

async function ask(userId: string, path: string) {
  const token = internalToken(Buffer.from(world.env['PARLEY_INTERNAL_KEY']!, 'base64url'), userId, 'user', 60, Date.now());
  const response = await fetch(`${chat.service('query-service').url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, body: (await response.json()) as { data: { message: { state: string; ordinal: number }; edits: { n: number }[] } } };
}

test('who could see, what edits, and what is unread agree with query-service at every stage of random rooms', async () => {
  const stories = [21, 22, 23, 24, 25, 26].map((seed) => new Story(world, `story-${seed}`, seed));
  const settings = readSettings({ ...world.env, QUERY_URL: chat.service('query-service').url }, undefined, '/');
  let compared = 0;
  for (const stage of [1, 2, 3]) {
    await Promise.all(stories.map((story) => story.go(8, stage === 3)));
    await Promise.all(everybody.map((userId) => world.append({ kind: 'reader', id: userId }, stories.map(({ roomId }, index) => ({ type: 'reader.marked', by: userId, data: { roomId, n: stage * 4 + index } })))));
    await chat.settled();
    for (const { roomId } of stories) {
      const fold = await foldRoomLog(world.nc, roomId);
      for (const [index, userId] of everybody.entries()) {
        const asked = await askRoom(settings, userId, roomId);
        const marker = stage * 4 + stories.findIndex((story) => story.roomId === roomId);
        expect({ roomId, index, unread: asked.room?.unread }).toEqual({ roomId, index, unread: countUnread(fold, userId, marker)?.unread });
      }
      for (const { n, message_id } of fold.messages()) {
        const sights = whoCouldSee(fold, n)?.sights ?? [];
        for (const userId of everybody) {
          const { status, body } = await ask(userId, `/v1/rooms/${roomId}/messages/${message_id}`);
          const now = sights.find((sight) => sight.userId === userId && sight.untilN === null);
          expect({ roomId, n, userId, sees: status === 200 && body.data.message.state !== 'redacted' }).toEqual({ roomId, n, userId, sees: now !== undefined });
          if (now) expect({ roomId, n, userId, edits: body.data.edits.map((edit) => edit.n) }).toEqual({ roomId, n, userId, edits: now.versions.filter((version) => version !== n) });
          compared += 1;
        }
      }
    }
  }
  expect(compared).toBeGreaterThan(1_000);
}, 240_000);

describe('one room, told by hand', () => {
  const [ann, bob, cem] = [person(1), person(2), person(3)];
  const [password, plan] = [uuidv7(), uuidv7()];
  const room = { kind: 'room', id: 'kitchen' } as const;
  beforeAll(async () => {
    const said = (type: string, by: string, data: Record<string, unknown>, content?: Record<string, unknown>) => world.append(room, [{ type, by, data, ...(content && { content }) }]);
    await said('room.created', ann, { kind: 'public', history: 'all', createdBy: ann }, { name: 'Kitchen' });
    await said('room.member-joined', ann, { userId: ann, role: 'owner' });
    await said('room.member-joined', bob, { userId: bob, role: 'member' });
    await said('message.posted', bob, { messageId: password, author: bob, ordinal: 1, hasLink: false, mentions: [] }, { text: 'the password is hunter2' });
    await said('message.posted', ann, { messageId: plan, author: ann, ordinal: 2, hasLink: false, mentions: [] }, { text: 'lunch at noon' });
    await said('message.edited', ann, { messageId: plan, targetN: 5, hasLink: false, mentions: [] }, { text: 'lunch at one \u009b31m' });
    await said('room.member-joined', cem, { userId: cem, role: 'member' });
    await said('message.redacted', bob, { messageId: password, targetN: 4 });
    await said('room.renamed', ann, {}, { name: 'Lab' });
    await world.append({ kind: 'reader', id: bob }, [{ type: 'reader.marked', by: bob, data: { roomId: 'kitchen', n: 4 } }]);
    await chat.settled();
  });

  test('room at: the name, people and texts of then; what was redacted later is marked and hidden', async () => {
    const then = json(await parley('room', 'at', 'kitchen', '5', '--json'));
    expect(then).toMatchObject({ n: 5, name: 'Kitchen', topic: null, state: 'open', members: [{ userId: ann, role: 'owner' }, { userId: bob }], ordinal: 2 });
    expect(then.messages).toMatchObject([{ n: 4, state: 'redacted-later', text: null, redactedLater: { n: 8 } }, { n: 5, state: 'shown', text: 'lunch at noon', editedLater: [6] }]);
    const now = json(await parley('room', 'at', 'kitchen', 'now', '--json'));
    expect(now).toMatchObject({ n: 9, name: 'Lab', messages: [{ n: 4, state: 'redacted', text: null }, { n: 5, text: 'lunch at one \u009b31m' }] });
  });
  test('room at --with-removed opens it, and the vault notes that this was asked for', async () => {
    const before = await audited('vault:cli:room-at:with-removed');
    const then = await parley('room', 'at', 'kitchen', '7', '--with-removed', '--json');
    expect(json(then).messages[0]).toMatchObject({ state: 'redacted-later', text: 'the password is hunter2' });
    expect(await audited('vault:cli:room-at:with-removed')).toBeGreaterThan(before);
  });
  test('room at --sealed asks the vault for nothing; no text of anybody can steer the terminal', async () => {
    const before = await audited('vault:cli:room-at');
    expect(json(await parley('room', 'at', 'kitchen', '5', '--sealed', '--json'))).toMatchObject({ name: null, messages: [{ state: 'redacted-later' }, { state: 'sealed' }] });
    expect(await audited('vault:cli:room-at')).toBe(before);
    const shown = await parley('room', 'at', 'kitchen', 'now');
    expect(shown.stdout).toContain('lunch at one \\u009b31m');
    expect(shown.stdout).toContain('Lab (kitchen) at event 9');
  });
  test.each([
    [['room', 'at', 'nowhere', '5'], 'The log has no room nowhere.'], [['room', 'at', 'kitchen', '10'], 'room kitchen ends at event 9'], [['room', 'at', 'kitchen', '2001-01-01'], 'was not made by 2001-01-01'],
    [['who-could-see', 'kitchen', '6'], 'room kitchen has no message 6.'], [['explain', 'unread', person(5), 'kitchen'], 'is no member of room kitchen'],
  ])('%j ends with 1 and one line', async (args, line) => {
    const ended = await parley(...args);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr.split('\n')[0]).toContain(line);
  });

  test('who-could-see names people, from when until when, and the events', async () => {
    const found = json(await parley('who-could-see', 'kitchen', password, '--read', '--json'));
    expect(found).toMatchObject({ n: 4, redaction: { n: 8 }, history: 'all' });
    expect(found.sights).toMatchObject([
      { userId: ann, because: 'posted', fromN: 4, untilN: 8, ended: 'redacted', read: null },
      { userId: bob, because: 'posted', fromN: 4, untilN: 8, read: { n: 19, marker: 4 } },
      { userId: cem, because: 'joined', fromN: 7, untilN: 8, proof: [{ n: 1 }, { n: 7 }, { n: 4 }, { n: 8 }] },
    ]);
    expect((await parley('who-could-see', 'kitchen', '4')).stdout).toMatch(new RegExp(`${cem} +member +event 7, .* event 8, .*redacted`));
  });

  test('explain unread says why, and agrees', async () => {
    const explained = await parley('explain', 'unread', cem, 'kitchen', '--json');
    expect(json(explained)).toMatchObject({ unread: 1, sum: { text: '2 − 0 − 1 redacted = 1' }, marker: { fromEvent: 0 }, queryService: { n: 9, unread: 1, marker: 0 }, differences: [] });
    expect(explained.code).toBe(0);
    const bobs = await parley('explain', 'unread', bob, 'kitchen');
    expect(bobs.stdout).toContain('2 − 1 = 1');
    expect(bobs.stdout).toContain('set by event 19 of their reader');
    expect(bobs.stdout).toContain('say the same');
  });
  test('explain unread ends with 1 where a row was touched', async () => {
    await world.sql`update rm.reader_marker set n = 5 where user_id = ${bob} and room_id = 'kitchen'`;
    try {
      const explained = await parley('explain', 'unread', bob, 'kitchen', '--json');
      expect(explained.code).toBe(1);
      expect(json(explained).differences).toEqual(['query-service has the marker at 5, the log at 4', 'query-service counts 0, the log says 1']);
      expect((await parley('explain', 'unread', bob, 'kitchen', '--log-only')).code).toBe(0);
    } finally {
      await world.sql`update rm.reader_marker set n = 4 where user_id = ${bob} and room_id = 'kitchen'`;
    }
  }, 180_000);
});

describe('log grep', () => {
  const lines = ({ stdout }: { stdout: string }) => stdout.trim().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown> & { n: number; type: string; id: string });

  test('finds by type, author, time and number; in one room, one stream, all', async () => {
    const redacted = lines(await parley('log', 'grep', '--type', 'message.redacted', '--room', 'kitchen', '--json'));
    expect(redacted).toMatchObject([{ kind: 'room', id: 'kitchen', n: 8, stream: streamOf({ kind: 'room', id: 'kitchen' }), by: person(2), data: { targetN: 4 } }]);
    expect(lines(await parley('log', 'grep', '--room', 'kitchen', '--author', person(2), '--from', '3', '--to', '7', '--json')).map(({ n }) => n)).toEqual([3, 4]);
    const everywhere = lines(await parley('log', 'grep', '--type', 'room.created', '--from', '1h ago', '--json'));
    expect(everywhere.map(({ id }) => id)).toEqual(expect.arrayContaining(['kitchen', 'story-21', 'story-26']));
    const inStream = lines(await parley('log', 'grep', '--type', 'room.created', '--stream', streamOf({ kind: 'room', id: 'kitchen' }), '--json'));
    expect(inStream).toEqual(everywhere.filter(({ stream }) => stream === streamOf({ kind: 'room', id: 'kitchen' })));
    expect(everywhere.at(-1)?.id).toBe('kitchen');
  });
  test('looks into texts when told, not into what was redacted or replaced unless told that too; the vault notes both', async () => {
    expect(await parley('log', 'grep', 'lunch', '--room', 'kitchen')).toMatchObject({ code: 1, stdout: '' });
    const before = await audited('vault:cli:log-grep:with-removed');
    expect(lines(await parley('log', 'grep', 'LUNCH', '--room', 'kitchen', '--open', '--json')).map(({ n }) => n)).toEqual([6]);
    expect((await parley('log', 'grep', 'hunter2', '--room', 'kitchen', '--open')).code).toBe(1);
    expect((await parley('log', 'grep', 'hunter2', '--open')).code).toBe(1);
    expect(await audited('vault:cli:log-grep')).toBeGreaterThan(0);
    expect(await audited('vault:cli:log-grep:with-removed')).toBe(before);
    expect(lines(await parley('log', 'grep', 'lunch', '--room', 'kitchen', '--open', '--with-removed', '--json')).map(({ n }) => n)).toEqual([5, 6]);
    expect(lines(await parley('log', 'grep', 'hunter2', '--open', '--with-removed', '--json'))).toMatchObject([{ id: 'kitchen', n: 4, content: { text: 'the password is hunter2' } }]);
    expect(await audited('vault:cli:log-grep:with-removed')).toBeGreaterThan(before);
    const shown = lines(await parley('log', 'grep', '--type', 'message.posted', '--room', 'kitchen', '--open', '--json'));
    expect(shown.map(({ content }) => content)).toEqual(['removed since', 'removed since']);
  });
  test('stops at a limit and goes on from its place, nothing twice and nothing left out', async () => {
    const file = join(world.servers.dir, 'place');
    const all = lines(await parley('log', 'grep', '--type', 'message.', '--json'));
    const parts: typeof all = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const part = await parley('log', 'grep', '--type', 'message.', '--limit', String(Math.ceil(all.length / 4)), '--resume', file, '--json');
      expect(part.code, part.stderr).toBe(0);
      parts.push(...lines(part));
    }
    expect(parts).toEqual(all);
    expect((await parley('log', 'grep', '--type', 'room.', '--resume', file)).stderr).toContain('another question');
  }, 180_000);
  test('answers whole, however slowly it is read', async () => {
    const args = ['log', 'grep', '--from', '2001-01-01', '--json'];
    const kept = join(world.servers.dir, 'kept');
    expect((await run(chat, args, '', `> '${kept}'`)).code).toBe(0);
    const whole = await readFile(kept, 'utf8');
    // More than a pipe holds while nobody reads.
    expect(whole.length).toBeGreaterThan(70_000);
    const { stdout } = await run(chat, args, '', '| (sleep 2; cat)');
    expect(stdout.split('\n').length).toBe(whole.split('\n').length);
    expect(stdout).toBe(whole);
  });
  test('keeps its place only behind what was taken from it', async () => {
    const file = join(world.servers.dir, 'place-of-the-slow');
    const args = ['log', 'grep', '--from', '2001-01-01', '--resume', file, '--json'];
    const all = lines(await parley(...args.filter((arg) => arg !== '--resume' && arg !== file)));
    let given = 0;
    const isAsked = Promise.withResolvers<void>();
    let isTaking = false;
    const held: (() => void)[] = [];
    const slow = new Writable({
      write(chunk: Buffer, _encoding, done) {
        given += chunk.toString().split('\n').length - 1;
        if (isTaking) done();
        else held.push(done);
      },
    });
    const write = slow.write.bind(slow) as (...args: unknown[]) => boolean;
    slow.write = (...asked: unknown[]) => {
      if (asked[0] === '') isAsked.resolve();
      return write(...asked);
    };
    const program = await createProgram({ ...world.env, QUERY_URL: chat.service('query-service').url }, new AbortController().signal, args, slow);
    const running = program.parseAsync(args, { from: 'user' });
    await Promise.race([isAsked.promise, running]);
    await expect(readFile(file)).rejects.toThrow(/ENOENT/);
    isTaking = true;
    for (const take of held) take();
    await running;
    expect(given).toBe(all.length);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ command: 'log grep', done: expect.any(Number) });
    expect((await parley(...args)).code, 'nothing is left').toBe(1);
  });
  test('log show takes times, and log stat names the largest', async () => {
    expect(lines(await parley('log', 'show', 'room', 'kitchen', '--from', '1h ago', '--to', '3', '--json')).map(({ n }) => n)).toEqual([1, 2, 3]);
    expect((await parley('log', 'show', 'room', 'kitchen', '--to', '2001-01-01')).code).toBe(1);
    expect(json(await parley('log', 'stat', '--top', '2', '--json')).largest).toHaveLength(2);
  });
});

/** How many calls of one application the vault has noted. */
async function audited(application: string): Promise<number> {
  const sql = openPostgres(world.env['VAULT_URL']!, { max: 1, name: 'spec' });
  const [row] = await sql<{ calls: number }[]>`select coalesce(sum(calls), 0)::int as calls from vault.audit where application = ${application}`;
  await sql.end();
  return row?.calls ?? 0;
}
