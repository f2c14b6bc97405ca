import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventStreams, streamOf } from '@parley/contracts/wire/partition';
import { startOpenSearch } from '@parley/dev/servers/opensearch';
import { unprivilegedUser } from '@parley/dev/servers/unprivileged';
import { run } from '@parley/dev/run';
import { until } from '@parley/dev/until';
import { streamState } from '@parley/kernel/event-store/read-stream';
import { documentOf, type SearchRow } from '@parley/kernel/search/document';
import { openOpenSearch, positionId } from '@parley/kernel/search/opensearch';
import { projectorsConfig } from '@parley/projectors/config';
import { bulk } from '@parley/projectors/search/opensearch-bulk';
import { readPosition } from '@parley/projectors/search/opensearch-positions';
import { openSearchTarget } from '@parley/projectors/search/opensearch-target';
import { startProjectors } from '@parley/projectors/start';
import { person } from '@parley/projectors/testing/stories.spec';
import { type Said as Event, uuidv7, World } from '@parley/projectors/testing/world.spec';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asked, startAsked } from '../testing/asker.spec.ts';
import { faultyProxy } from './testing/faulty-proxy.spec.ts';

const ann = person(1);
const room = 'faults';
const alias = 'faults';
const recoveryMsMax = 30_000;
const startMsMax = 240_000;

const stack = new AsyncDisposableStack();
let world: World;
let server: Awaited<ReturnType<typeof startOpenSearch>>;
let proxy: Awaited<ReturnType<typeof faultyProxy>>;
let asked: Asked;
let openSearch: ReturnType<typeof openOpenSearch>;
let ordinal = 0;

const say = (...events: Event[]) => world.append({ kind: 'room', id: room }, events);
const posted = (text: string, messageId = uuidv7()): Event =>
  ({ type: 'message.posted', by: ann, data: { messageId, author: ann, ordinal: (ordinal += 1), hasLink: false, mentions: [] }, content: { text } });
const redacted = (post: Event, targetN: number): Event => ({ type: 'message.redacted', by: ann, data: { messageId: post.data['messageId'], targetN } });
const find = (q: string) => asked.ask(ann, `/v1/search?${new URLSearchParams({ q, room })}`);
const texts = async (q: string) => (await asked.data(ann, `/v1/search?${new URLSearchParams({ q, room, order: 'newest' })}`)).hits.map(({ message }: { message: { text: string } }) => message.text);

/** Every message that the index holds, with its version; and what the rows say it should hold. */
async function indexed(): Promise<string[]> {
  await openSearch.request('POST', `/${alias}/_refresh`);
  const { body } = await openSearch.request('POST', `/${alias}/_search`, { size: 10_000, version: true, _source: ['shown'], query: { exists: { field: 'room' } } });
  return (body as { hits: { hits: { _id: string; _version: number; _source: { shown: boolean } }[] } }).hits.hits.map(({ _id, _version, _source }) => `${_id} ${_version} ${_source.shown}`).sort();
}
async function wanted(): Promise<string[]> {
  const rows = await world.sql<(SearchRow & { gone: boolean })[]>`select m.*, rm.iso(m.at) as at from rm.message m`;
  return rows.map((row) => documentOf(row)).map(({ room: id, message, version, shown }) => `${id}:${message} ${version} ${shown}`).sort();
}
async function isWhole(timeoutMs: number): Promise<void> {
  await world.settled();
  await until('the index to hold what the rows hold', async () => JSON.stringify(await indexed()) === JSON.stringify(await wanted()), { timeoutMs, everyMs: 250 });
  await until('its position', async () => {
    const [{ behind }] = await world.sql<[{ behind: number }]>`
      select count(*)::int as behind from search.position p join ops.active_checkpoint c on c.projection = 'conversations' and c.stream = p.stream where p.target = 'opensearch' and p.seq < c.seq`;
    return behind === 0;
  }, { timeoutMs });
}

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-faults-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  [world, server] = await Promise.all([World.start(), startOpenSearch({ dir })]);
  stack.use(server);
  stack.use(world);
  proxy = stack.use(await faultyProxy(server.url));
  const env = { OPENSEARCH_URL: proxy.url, OPENSEARCH_INDEX: alias };
  openSearch = openOpenSearch({ OPENSEARCH_URL: server.url, OPENSEARCH_INDEX: alias });
  stack.defer(() => openSearch.close());
  stack.use(await startProjectors(projectorsConfig.parse({ ...world.env, ...env, INSTANCE_ID: 'faults' })));
  asked = stack.use(await startAsked(world, env));
  await say({ type: 'room.created', by: ann, data: { kind: 'private', history: 'all', createdBy: ann }, content: { name: room } }, { type: 'room.member-joined', by: ann, data: { userId: ann, role: 'owner' } });
  await isWhole(60_000);
}, startMsMax);
afterAll(() => stack.disposeAsync(), 60_000);

test('the index is of the log also on streams where nothing was said yet', async () => {
  const positions = () => world.sql<{ stream: string; epoch: string }[]>`select stream, epoch from search.position where target = 'opensearch' order by stream`;
  await until('every lane to have begun', async () => (await positions()).length === eventStreams);
  const rows = [...(await positions())];
  expect(rows).toEqual(await Promise.all(rows.map(async ({ stream }) => ({ stream, epoch: (await streamState(world.nc, stream)).epoch }))));
});

test('a busy index loses nothing: refused as a whole, refused in part', async () => {
  proxy.wish.refuse = 3;
  proxy.wish.half = 3;
  for (let batch = 0; batch < 6; batch += 1) await say(...Array.from({ length: 20 }, (_, at) => posted(`busy ${batch} ${at}`)));
  await isWhole(recoveryMsMax);
  expect(proxy.seen.refused).toBe(3);
  expect(proxy.seen.halved).toBeGreaterThan(0);
  expect((await indexed()).length).toBe(120);
});

test('a document that never fits holds up no other', async () => {
  proxy.wish.poison = 'unfitting';
  await say(posted('before'), posted('the unfitting one'), posted('after'));
  await world.settled();
  await until('the others to be found', async () => (await texts('after')).length === 1);
  await until('the one to be refused, and the others to be in the index', async () => proxy.seen.poisoned > 0 && (await indexed()).length === (await wanted()).length - 1);
  const there = new Set(await indexed());
  expect(proxy.seen.poisoned).toBe(1);
  expect((await wanted()).filter((line) => !there.has(line))).toHaveLength(1);
  // Once it fits, making the index anew or any change of the message brings it in.
  proxy.wish.poison = undefined;
  const [row] = await world.sql<{ n: number; message_id: string }[]>`select n, message_id from rm.message where text = 'the unfitting one'`;
  await say({ type: 'message.reacted', by: ann, data: { messageId: row!.message_id, targetN: row!.n, emoji: '👍' } });
  await isWhole(recoveryMsMax);
});

test('an older write never replaces a newer one', async () => {
  const post = posted('first wording');
  await say(post);
  const [row] = await rowsOf(post);
  await say({ type: 'message.edited', by: ann, data: { messageId: post.data['messageId'], targetN: row!.n, hasLink: false, mentions: [] }, content: { text: 'second wording' } });
  await isWhole(recoveryMsMax);
  await bulk(openSearch, `${alias}-1`, [documentOf(row!)]);
  await isWhole(recoveryMsMax);
  expect(await texts('"first wording"')).toEqual([]);
  expect(await texts('"second wording"')).toEqual(['second wording']);
});

test('an index that is of before from one moment to the next is filled again, though nobody says anything and nothing fails', async () => {
  const stream = streamOf({ kind: 'room', id: room });
  const before = (await readPosition(openSearch, alias, stream))!.position;
  const post = posted('the persimmon of today');
  await say(post);
  await isWhole(recoveryMsMax);
  // What a deletion leaves behind would refuse the same document for a minute.
  await openSearch.request('PUT', `/${alias}/_settings`, { index: { gc_deletes: '0s' } });
  await openSearch.request('DELETE', `/${alias}/_doc/${encodeURIComponent(`${room}:${post.data['messageId'] as string}`)}?refresh=true`);
  expect((await indexed()).join()).not.toContain(post.data['messageId']);
  await openSearch.request('PUT', `/${alias}/_doc/${encodeURIComponent(positionId(stream))}`, { position: before });
  await isWhole(recoveryMsMax);
  expect(await texts('persimmon')).toEqual(['the persimmon of today']);
});

test('what was shown and is put only later, as no news any more, does not stay beside the index', async () => {
  const [stream, epoch] = ['EVT_BESIDE', 'spec'];
  await using target = openSearchTarget(openSearch, 'beside', world.sql);
  const document = documentOf({ room_id: 'beside', n: 1, message_id: uuidv7(), author: ann, at: '2026-01-01T00:00:00.000Z', sent_at: null, state: 'shown', text: 'a quince', revision: 1, has_link: false, reply_id: null });
  const left = async () => (await world.sql`select 1 from search.recent where stream = ${stream}`).length;
  await target.position(stream, epoch);
  await target.put({ stream, epoch, from: 0, to: 1, documents: [], live: false });
  await target.show!({ stream, epoch, from: 1, to: 2, documents: [document], live: true });
  expect(await left()).toBe(1);
  await target.put({ stream, epoch, from: 1, to: 2, documents: [document], live: false });
  await until('nothing to be left', async () => (await left()) === 0, { timeoutMs: 10_000 });
});

test('what was never shown beside the index is shown by it once all of it is there, not when its own clock says so', async () => {
  const [stream, epoch] = ['EVT_FILLED', 'spec'];
  await using target = openSearchTarget(openSearch, 'filled', world.sql);
  const documents = Array.from({ length: 3 }, (_, at) => documentOf({ room_id: 'filled', n: at + 1, message_id: uuidv7(), author: ann, at: '2026-01-01T00:00:00.000Z', sent_at: null, state: 'shown', text: 'a medlar', revision: 1, has_link: false, reply_id: null }));
  await target.position(stream, epoch);
  await openSearch.request('PUT', '/filled/_settings', { index: { refresh_interval: '-1' } });
  await target.put({ stream, epoch, from: 0, to: 3, documents, live: false });
  await until('all of it to be shown', async () => ((await openSearch.request('GET', '/filled/_count', { query: { exists: { field: 'room' } } })).body as { count: number }).count === 3, { timeoutMs: 10_000 });
});

test('an index that is being filled is asked for nothing that it does not show yet, which would have it show everything at once', async () => {
  const told: string[] = [];
  const filled = Promise.withResolvers<void>();
  const watched: typeof openSearch = {
    ...openSearch,
    async request(method, path, body, options) {
      if (path.startsWith('/_alias/')) told.push('look');
      if (path.includes('_mget')) told.push(...(body as { ids: string[] }).ids);
      if (path.includes('_bulk')) await filled.promise;
      return openSearch.request(method, path, body, options);
    },
  };
  const [epoch, filling, done] = ['spec', 'EVT_FILLING', 'EVT_DONE'];
  const document = documentOf({ room_id: 'filling', n: 1, message_id: uuidv7(), author: ann, at: '2026-01-01T00:00:00.000Z', sent_at: null, state: 'shown', text: 'a sloe', revision: 1, has_link: false, reply_id: null });
  await using target = openSearchTarget(watched, 'filling', world.sql);
  for (const stream of [filling, done]) await target.position(stream, epoch);
  const putting = target.put({ stream: filling, epoch, from: 0, to: 1, documents: [document], live: false });
  await target.put({ stream: done, epoch, from: 0, to: 1, documents: [], live: false });
  const from = told.length;
  const since = (): string[] => told.slice(told.indexOf('look', from));
  // It looks once more than it is asked about: of the last one it may not have come to the question.
  await until('it to look a few times', () => told.slice(from).filter((line) => line === 'look').length >= 3, { timeoutMs: 20_000 });
  expect(since()).not.toContain(positionId(done));
  filled.resolve();
  await putting;
  await until('it to ask again, now that everything is shown', () => since().includes(positionId(done)) && since().includes(positionId(filling)), { timeoutMs: 20_000 });
});

test('killed, search alone is refused; back with an index of before it catches up, and nothing redacted comes back', async () => {
  const [secret, other] = [posted('the secret pomelo'), posted('another pomelo')];
  await say(secret, other);
  await isWhole(recoveryMsMax);
  const [{ n }] = (await rowsOf(secret)) as unknown as [{ n: number }];
  await openSearch.request('POST', `/${alias}/_flush?force=true&wait_if_ongoing=true`);
  const older = `${server.dir}-older`;
  stack.defer(() => rm(older, { recursive: true, force: true }));
  await copyOfOneMoment(join(server.dir, 'data'), older);
  await say(posted('pomelo of the later time'));
  await isWhole(recoveryMsMax);

  await server.kill('SIGKILL');
  for (let batch = 0; batch < 5; batch += 1) await say(...Array.from({ length: 20 }, (_, at) => posted(`pomelo while down ${batch} ${at}`)));
  await say(redacted(secret, n));
  await world.settled();
  expect(await find('pomelo')).toMatchObject({ status: 503, body: { code: 'search-unavailable', retryAfterMs: 1_000 } });
  expect((await asked.ask(ann, `/v1/rooms/${room}/messages`)).status).toBe(200);

  await rm(join(server.dir, 'data'), { recursive: true });
  await cp(older, join(server.dir, 'data'), { recursive: true });
  const user = unprivilegedUser();
  if (user) await run('chown', ['-R', `${user.uid}:${user.gid}`, join(server.dir, 'data')]);
  await server.restart();
  const answeredAt = performance.now();
  // Nobody says anything: the indexer notices by itself.
  await isWhole(recoveryMsMax);
  expect(performance.now() - answeredAt).toBeLessThan(recoveryMsMax);
  expect(await texts('secret')).toEqual([]);
  expect(await texts('later time')).toEqual(['pomelo of the later time']);
}, 2 * startMsMax);

/** Copies what the server has on its disk. It stands still for so long: running, it deletes files of older commits at any time. */
async function copyOfOneMoment(from: string, to: string): Promise<void> {
  const threads = `/proc/${server.pid}/task`;
  const stands = async (thread: string): Promise<boolean> => / [TZX] /.test((await readFile(join(threads, thread, 'stat'), 'utf8')).replace(/^.*\)/s, ''));
  await server.kill('SIGSTOP');
  try {
    await until('every thread of the server to stand', async () => (await Promise.all((await readdir(threads)).map(stands))).every(Boolean), { everyMs: 10 });
    await cp(from, to, { recursive: true });
  } finally {
    await server.kill('SIGCONT');
  }
}

async function rowsOf(post: Event): Promise<SearchRow[]> {
  await world.settled();
  return world.sql<SearchRow[]>`select m.*, rm.iso(m.at) as at from rm.message m where message_id = ${post.data['messageId'] as string}`;
}
