import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { type Service, startService } from '@parley/dev/services';
import { until } from '@parley/dev/until';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ChatSocket } from '../harness/chat-socket.ts';
import { Constellation } from '../harness/constellation.ts';
import { openSearchForTests } from '../harness/opensearch.ts';
import { accepted, get, join, newRoom, person, type Person, post } from '../harness/people.ts';
import { parley } from '../harness/parley.ts';

/**
 * Goal: what was erased is nowhere, within a minute, however often it was copied: rows of every generation, caches,
 * indexes, frames in memory; the log's proofs stay whole; a restore does not bring it back.
 */
const words = { said: 'kumquat-marmalade', first: 'persimmon-vinegar', now: 'medlar-chutney', elsewhere: 'quince-jelly', name: 'sorrel-9083', status: 'loquat-picking' };
const stays = 'bergamot-stays';
const secondsMax = 60;

type World = { readonly chat: Constellation; readonly ledger: string; readonly ann: Person; readonly bob: Person; readonly rooms: readonly [string, string]; readonly cursorBefore: string; readonly secret: postgres.Row };

describe.each(['postgres', 'opensearch'] as const)('a person is erased, with search in %s', (search) => {
  let world: World;
  let openSearch: Awaited<ReturnType<typeof openSearchForTests>> | undefined;
  let api: Service | undefined;
  let folder: string;
  let report: { rows: number; rooms: number; seconds: number; left: string[] };

  beforeAll(async () => {
    folder = await mkdtemp(path(tmpdir(), 'parley-erase-'));
    openSearch = search === 'opensearch' ? await openSearchForTests() : undefined;
    const chat = await Constellation.start({ ...(openSearch && { openSearch: { url: openSearch.url, index: 'parley-erase' } }) });
    api = search === 'opensearch' ? undefined : await startService({ name: 'gateway', instance: 'gateway-api', world: chat.world, logFile: chat.logFile('gateway', 1), env: { GATEWAY_ROLE: 'api', QUERY_URL: chat.service('query-service').url } });
    const [ann, bob] = [await person(chat, words.name), await person(chat, 'bob-of-erase')];
    const rooms = [await newRoom(bob, 'public', 'all', 'first'), await newRoom(ann, 'private', 'all', 'second')] as const;
    await join(ann, rooms[0]);
    const cursorBefore = bob.socket.cursor!;
    await post(ann, rooms[0], words.said);
    const edited = await post(ann, rooms[0], words.first);
    await accepted(ann.socket.send({ type: 'edit-message', roomId: rooms[0], target: { messageId: edited.messageId, n: edited.n, seq: edited.seq }, text: words.now }));
    await post(ann, rooms[1], words.elsewhere);
    await accepted(ann.socket.send({ type: 'set-user-status', text: words.status }));
    await post(bob, rooms[0], stays);
    await chat.settled();
    // The rows stand twice, as after any rebuild.
    const rebuilt = await parley(chat, ['rebuild', 'conversations', 'people', '--json']);
    if (rebuilt.code !== 0) throw new Error(rebuilt.stderr);
    await until('search to find it', async () => (await found(chat, bob, words.said)) === 1, { timeoutMs: 30_000 });
    await get(chat, bob.token, `/v1/rooms/${rooms[0]}/messages`);
    const secret = (await vault(chat, (sql) => sql`select wrapped from vault.secret where scope = ${`person:${ann.userId}`}`))[0]!;
    world = { chat, ledger: path(folder, 'erasures.ndjson'), ann, bob, rooms, cursorBefore, secret };
  }, 240_000);
  afterAll(async () => {
    await api?.stop();
    await world?.chat.stop();
    await openSearch?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('the check can fail: before, the words are in rows, in Redis and in the index', async () => {
    const places = await placesOf(world.chat);
    expect(places.some((place) => place.includes('.message_20'))).toBe(true);
    expect(places.some((place) => place.includes('.message_edit '))).toBe(true);
    expect(places.filter((place) => place.includes('app_user')).length).toBeGreaterThanOrEqual(2);
    expect(places.some((place) => place.startsWith('redis'))).toBe(true);
    if (search === 'postgres') expect(places.some((place) => place.includes('search.document'))).toBe(true);
  });

  test('one command takes the words from every store', async () => {
    const { chat, ledger, ann } = world;
    const done = await parley(chat, ['erase', 'person', ann.userId, '--reason', 'asked for, case 4711', '--yes', '--ledger', ledger, '--json']);
    expect(done, done.stderr).toMatchObject({ code: 0 });
    report = JSON.parse(done.stdout) as typeof report;
    expect(report.left).toEqual([]);
    expect(report.rooms).toBe(2);
    expect(report.rows).toBeGreaterThanOrEqual(8);
    expect(report.seconds).toBeLessThan(secondsMax);
    expect(await placesOf(chat)).toEqual([]);
    expect((await parley(chat, ['erase', 'list', '--ledger', ledger])).code).toBe(0);
    expect(await readFile(ledger, 'utf8')).not.toContain(words.name);
  }, 120_000);

  test('others see that there was something, and everything of their own', async () => {
    const { chat, bob, ann, rooms } = world;
    const { body } = await get(chat, bob.token, `/v1/rooms/${rooms[0]}/messages`);
    const { messages } = (body as { data: { messages: { author: string; text: string | null; state: string }[] } }).data;
    expect(messages.filter(({ author }) => author === ann.userId).map(({ text, state }) => ({ text, state }))).toEqual([{ text: null, state: 'erased' }, { text: null, state: 'erased' }]);
    expect(messages.filter(({ author }) => author === bob.userId).map(({ text }) => text)).toEqual([stays]);
    for (const word of Object.values(words)) expect(await found(chat, bob, word)).toBe(0);
    expect(await found(chat, bob, stays)).toBe(1);
    await bob.socket.until(() => bob.socket.raw.some((frame) => frame.includes('user.erased')), 10_000, 'word of the erasure');
  });

  test('a resume from before says nothing of it', async () => {
    const { chat, bob, rooms, cursorBefore } = world;
    await using again = await resumed(chat, bob, cursorBefore);
    expect(again.socket.eventsOf(rooms[0], 'message.posted').length).toBe(3);
    for (const word of Object.values(words)) expect(again.socket.raw.join('\n')).not.toContain(word);
    expect(again.socket.raw.join('\n')).toContain(stays);
  });

  test('the person is out, and nobody comes in under their name', async () => {
    const { chat, ann } = world;
    await until('their socket to be closed', () => ann.socket.closed !== undefined, { timeoutMs: 10_000 });
    expect((await get(chat, ann.token, '/v1/me/rooms')).status).toBe(401);
    const again = await fetch(`${chat.url()}/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: words.name }) });
    expect({ status: again.status, code: ((await again.json()) as { code: string }).code }).toEqual({ status: 410, code: 'erased' });
  });

  // What follows has nothing to do with the index.
  if (search === 'opensearch') return;

  test('at every gateway: one of the HTTP pool that heard of it, and those that began after it', async () => {
    const { chat, ann, bob } = world;
    const statusAt = async (url: string, token: string) => (await fetch(`${url}/v1/me/rooms`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await statusAt(api!.url, ann.token)).toBe(401);
    await Promise.all([api!.restart(), chat.restart('gateway', 0)]);
    for (const url of [api!.url, chat.url()]) expect({ ann: await statusAt(url, ann.token), bob: await statusAt(url, bob.token) }).toEqual({ ann: 401, bob: 200 });
    await expect(ChatSocket.open({ url: chat.url(), token: ann.token })).rejects.toThrow('4401');
  });

  test('the log is whole, and the rows are what it says', async () => {
    const verified = await parley(world.chat, ['verify', '--rows', '--json']);
    expect(verified, verified.stdout).toMatchObject({ code: 0 });
    const rebuilt = await parley(world.chat, ['rebuild', 'conversations', 'people', '--no-swap', '--json']);
    expect(rebuilt, rebuilt.stdout).toMatchObject({ code: 0 });
    // Equal as they are: not because words that are gone were let pass.
    expect(JSON.parse(rebuilt.stdout)).toMatchObject({ reports: [{ compared: 'equal', erased: 0 }, { compared: 'equal', erased: 0 }] });
  }, 120_000);

  test('a vault that was restored is erased again from the ledger', async () => {
    const { chat, ann, ledger, secret } = world;
    await vault(chat, (sql) => sql`update vault.secret set wrapped = ${secret['wrapped']}, destroyed_at = null, destroyed_by = null, destroyed_reason = null where scope = ${`person:${ann.userId}`}`);
    expect((await parley(chat, ['log', 'grep', words.said, '--open'])).stdout, 'the restored key opens it').toContain(words.said);
    const again = await parley(chat, ['erase', 'reapply', '--ledger', ledger, '--json']);
    expect(again, again.stderr).toMatchObject({ code: 0 });
    expect((await vault(chat, (sql) => sql`select wrapped from vault.secret where scope = ${`person:${ann.userId}`}`))[0]).toEqual({ wrapped: null });
    expect((await parley(chat, ['log', 'grep', words.said, '--open'])).stdout).not.toContain(words.said);
  }, 120_000);
});

describe('a room, or a month of it, is erased', () => {
  let chat: Constellation;
  let bob: Person;
  let folder: string;
  beforeAll(async () => {
    [chat, folder] = [await Constellation.start(), await mkdtemp(path(tmpdir(), 'parley-erase-'))];
    bob = await person(chat, 'bob-of-rooms');
  }, 120_000);
  afterAll(async () => {
    await chat?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const erase = async (...args: string[]) => {
    const done = await parley(chat, ['erase', ...args, '--reason', 'retention', '--yes', '--ledger', path(folder, 'erasures.ndjson'), '--json']);
    expect(done, done.stderr).toMatchObject({ code: 0 });
  };

  test('nothing is done by half a command', async () => {
    const ledger = path(folder, 'none.ndjson');
    const room = await newRoom(bob);
    const said = async (...args: string[]) => (await parley(chat, ['erase', ...args, '--ledger', ledger]));
    expect(await said('person', 'nobody', '--reason', 'x', '--yes')).toMatchObject({ code: 2 });
    expect(await said('person', bob.userId, '--reason', 'x')).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(await said('person', '0190a3b0-1111-7000-8000-00000000dead', '--reason', 'x', '--yes')).toMatchObject({ code: 1, stderr: expect.stringContaining('no such person') });
    expect(await said('month', room, '2026-13', '--reason', 'x', '--yes')).toMatchObject({ code: 2 });
    await expect(readFile(ledger)).rejects.toThrow(/ENOENT/);
    await post(bob, room, 'still here');
  });

  test('a month takes what was said in it, and leaves the room, its name and other rooms', async () => {
    const [room, other] = [await newRoom(bob, 'public', 'all', 'rhubarb-room'), await newRoom(bob)];
    await post(bob, room, 'damson-cheese');
    await post(bob, other, 'damson-gin');
    await chat.settled();
    const now = new Date().toISOString().slice(0, 7);
    await erase('month', room, now);
    expect((await get(chat, bob.token, `/v1/rooms/${room}/messages`)).text).not.toContain('damson');
    expect((await get(chat, bob.token, `/v1/rooms/${room}`)).text).toContain('rhubarb-room');
    expect((await get(chat, bob.token, `/v1/rooms/${other}/messages`)).text).toContain('damson-gin');
    // Nothing can be said in a month that is over; here it is not.
    expect(await bob.socket.send({ type: 'post-message', roomId: room, text: 'again' })).toMatchObject({ problem: { code: 'erased', status: 410 } });
    expect((await parley(chat, ['verify', '--rows', '--json'])).code).toBe(0);
  }, 120_000);

  test('a room goes with its name and topic', async () => {
    const room = await newRoom(bob, 'public', 'all', 'gooseberry-room');
    await accepted(bob.socket.send({ type: 'set-room-topic', roomId: room, topic: 'gooseberry-topic' }));
    await accepted(bob.socket.send({ type: 'rename-room', roomId: room, name: 'gooseberry-again' }));
    await post(bob, room, 'gooseberry-fool');
    await chat.settled();
    await erase('room', room);
    const sql = postgres(chat.servers.postgres.databaseUrl, { max: 1, onnotice: () => {} });
    expect(await rowsWith(sql, ['gooseberry'])).toEqual([]);
    await sql.end();
    expect((await get(chat, bob.token, `/v1/rooms/${room}`)).text).not.toContain('gooseberry');
    expect((await parley(chat, ['verify', '--rows', '--json'])).code).toBe(0);
  }, 120_000);
});

async function found(chat: Constellation, who: Person, word: string): Promise<number> {
  const { body, status, text } = await get(chat, who.token, `/v1/search?q=${encodeURIComponent(`"${word}"`)}`);
  expect(status, text).toBe(200);
  return (body as { data: { hits: unknown[] } }).data.hits.length;
}

async function vault<T>(chat: Constellation, ask: (sql: postgres.Sql) => Promise<T> | PromiseLike<T>): Promise<T> {
  const sql = postgres(chat.servers.postgres.vaultUrl, { max: 1, onnotice: () => {} });
  try {
    return await ask(sql);
  } finally {
    await sql.end();
  }
}

async function resumed(chat: Constellation, who: Person, cursor: string) {
  const socket = await ChatSocket.open({ url: chat.url(), token: who.token, cursor });
  return { socket, [Symbol.asyncDispose]: async () => socket.close() };
}

/** Tables of the read database in which one of the words stands, every schema and column looked at. */
async function rowsWith(sql: postgres.Sql, needles: readonly string[]): Promise<string[]> {
  const tables = await sql<{ schema: string; name: string }[]>`
    select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') order by 1, 2`;
  const places: string[] = [];
  for (const { schema, name } of tables) {
    for (const needle of needles) {
      const [row] = await sql<[{ count: number }]>`select count(*)::int as count from ${sql(schema)}.${sql(name)} t where strpos(lower(t::text), ${needle}) > 0`;
      if (row.count > 0) places.push(`${schema}.${name} ${needle}: ${row.count}`);
    }
  }
  return places;
}

/** Where the words, or the two halves of them as an index splits them, are in the read database and in Redis. */
async function placesOf(chat: Constellation): Promise<string[]> {
  const needles = Object.values(words).flatMap((word) => [word, ...(word === words.name ? [] : [word.split('-')[0]!])]);
  const sql = postgres(chat.servers.postgres.databaseUrl, { max: 1, onnotice: () => {} });
  const redis = new Redis(chat.servers.redis!.url);
  try {
    const places = await rowsWith(sql, needles);
    for (const key of await redis.keys('*')) {
      const value = (await redis.type(key)) === 'string' ? ((await redis.get(key)) ?? '') : '';
      for (const needle of needles) if (value.includes(needle)) places.push(`redis ${key} ${needle}`);
    }
    return places;
  } finally {
    await sql.end();
    redis.disconnect();
  }
}
