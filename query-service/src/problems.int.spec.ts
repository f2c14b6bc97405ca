import { createSecretKey, randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { until } from '@parley/dev/until';
import { prepareReadDatabase } from '@parley/projectors/generations/first';
import { allProjections } from '@parley/projectors/projections/all';
import { person } from '@parley/projectors/testing/stories.spec';
import { World } from '@parley/projectors/testing/world.spec';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Asked, startAsked, tokenOf } from './testing/asker.spec.ts';

let world: World;
let asked: Asked;
const ann = person(1);
beforeAll(async () => {
  world = await World.start();
  await prepareReadDatabase(world.servers.postgres.databaseUrl, world.sql, allProjections());
  asked = await startAsked(world);
}, 120_000);
afterAll(async () => {
  await asked?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const refused = (code: string, status: number) => ({ status, type: 'application/problem+json', body: { code, status, type: `urn:parley:problem:${code}` } });

describe('every failure is a problem', () => {
  test.each([
    ['/nowhere', 404, 'not-found'],
    ['/v1/rooms/%00/messages', 422, 'invalid'],
    ['/v1/rooms/a.b/messages', 422, 'invalid'],
    ['/v1/rooms/*/messages', 422, 'invalid'],
    ['/v1/rooms/%3E/messages', 422, 'invalid'],
    ['/v1/rooms/a%0d%0ab/messages', 422, 'invalid'],
    ['/v1/rooms/%zz/messages', 400, 'malformed'],
    [`/v1/rooms/${'x'.repeat(300)}/messages`, 422, 'invalid'],
    ['/v1/rooms/room/messages?limit=0', 422, 'invalid'],
    ['/v1/rooms/room/messages?limit=101', 422, 'invalid'],
    ['/v1/rooms/room/messages?limit=5&limit=6', 422, 'invalid'],
    ['/v1/rooms/room/messages?before=-1', 422, 'invalid'],
    ['/v1/rooms/room/messages?before=1&since=1', 422, 'invalid'],
    ['/v1/rooms/room/messages?__proto__=1', 422, 'invalid'],
    ['/v1/rooms/room/messages?surprise=1', 422, 'invalid'],
    ['/v1/rooms/room/messages?after=%00', 400, 'cursor-invalid'],
    [`/v1/rooms/room/messages?after=${'x'.repeat(600)}`, 400, 'cursor-invalid'],
    ['/v1/rooms/room/messages/not-an-id', 422, 'invalid'],
    ['/v1/me/rooms?page=AAAA', 422, 'invalid'],
    ['/v1/users', 422, 'invalid'],
    ['/v1/users?ids=x', 422, 'invalid'],
    ['/internal/memberships?userId=x', 403, 'forbidden'],
    ['/v1/me', 404, 'not-found'],
  ])('%s', async (path, status, code) => {
    expect(await asked.ask(ann, path)).toMatchObject(refused(code, status));
  });

  test('text that no row can hold finds nobody and breaks nothing', async () => {
    for (const name of ['%00', '%ED%A0%80', '%25', '_', "'; drop table rm.room; --"]) {
      const { status, body } = await asked.ask(ann, `/v1/users?name=${name}`);
      expect([200, 400]).toContain(status);
      if (status === 200) expect(body.data.users).toEqual([]);
    }
  });

  test('no token, a foreign one, an old one, one that signs nothing', async () => {
    const headers = (authorization: string): RequestInit => ({ headers: { authorization } });
    const foreign = await new SignJWT({ kind: 'user' }).setProtectedHeader({ alg: 'HS256' }).setSubject(ann).setExpirationTime('1m').sign(createSecretKey(randomBytes(32)));
    const [head, body] = (await tokenOf(asked.key, ann, 'user')).split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
    expect(await asked.raw('/v1/me')).toMatchObject(refused('unauthenticated', 401));
    for (const token of ['', 'x', foreign, none, `${head}.${body}.`]) expect(await asked.raw('/v1/me', headers(`Bearer ${token}`))).toMatchObject(refused('unauthenticated', 401));
    expect(await asked.raw('/v1/me', headers(`Bearer ${await tokenOf(asked.key, ann, 'wizard')}`))).toMatchObject(refused('unauthenticated', 401));
    expect(await asked.raw('/v1/me', headers(`Bearer ${await tokenOf(asked.key, ann, 'user', -60)}`))).toMatchObject(refused('token-expired', 401));
    expect(await asked.ask('system', '/v1/me', 'system')).toMatchObject(refused('forbidden', 403));
  });

  test('other methods and unreadable bodies', async () => {
    for (const path of ['/v1/me', '/nowhere']) expect(await asked.raw(path, { method: 'DELETE' })).toMatchObject(refused('method-not-allowed', 405));
    expect(await asked.raw('/v1/me', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":' })).toMatchObject({ type: 'application/problem+json' });
    expect((await asked.raw('/v1/me', { method: 'POST', headers: { 'content-type': 'application/json' }, body: `"${'x'.repeat(5_000)}"` })).type).toBe('application/problem+json');
  });
});

test('the plans of one room’s questions read no table from end to end', async () => {
  await world.sql`select conversations_1.ensure_message_month('2026-01-01'), conversations_1.ensure_message_month('2026-02-01')`;
  await world.sql`
    insert into rm.message (room_id, n, at_month, ordinal, message_id, seq, author, at, state, text, revision, has_link, mentions)
    select 'r' || (i % 200), i / 200 + 1, case when i % 400 < 200 then '2026-01-01' else '2026-02-01' end::date, i / 200 + 1, gen_random_uuid(), i, ${ann}::uuid, now(), 'shown', 'text', 1, false, '{}'
    from generate_series(0, 39999) i`;
  const plans = {
    page: `select view from rm.message_view where room_id = 'r7' and ordinal >= 1 and ordinal <= 100 order by ordinal desc limit 50`,
    one: `select view from rm.message_view where room_id = 'r7' and message_id = gen_random_uuid()`,
    pins: `select view from rm.message_view where room_id = 'r7' and pinned_n is not null`,
    target: `select * from json_to_recordset('[{"room_id":"r7","n":5}]') as w(room_id text, n bigint) cross join lateral (select * from rm.message x where x.room_id = w.room_id and x.n = w.n limit 1) m`,
    unread: `select count(*) from (select 1 from rm.message m where m.room_id = 'r7' and m.n > 20 and m.n <= 1000 and m.author <> '${person(2)}' and m.state <> 'redacted' limit 1000) x`,
  };
  const planOf = async (statement: string) => (await world.sql.unsafe(`explain (analyze, costs off, timing off, summary off) ${statement}`)).map((row) => String(row['QUERY PLAN'])).join('\n');
  // Pages count as visible to all once no older snapshot is about.
  await until('unread to be counted from the index alone', async () => {
    await world.sql`vacuum analyze conversations_1.message`;
    return /Index Only Scan/.test(await planOf(plans.unread));
  });
  for (const [name, statement] of Object.entries(plans)) {
    const plan = await planOf(statement);
    expect(plan, `${name}\n${plan}`).not.toMatch(/Seq Scan on message/);
  }
});

test('with the database away: unavailable, not ready; with it back, all as before', async () => {
  await world.servers.postgres.stop();
  await until('the refusal', async () => (await asked.ask(ann, '/v1/me/rooms')).body.code === 'unavailable');
  await until('not ready', async () => (await fetch(`${asked.url}/health/ready`)).status === 503);
  expect((await fetch(`${asked.url}/health/live`)).status).toBe(200);
  await world.servers.postgres.restart();
  await until('an answer', async () => (await asked.ask(ann, '/v1/me/rooms')).status === 200);
  await until('ready', async () => (await fetch(`${asked.url}/health/ready`)).status === 200);
}, 60_000);
