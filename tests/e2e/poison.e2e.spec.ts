import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import postgres from 'postgres';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { until } from '@parley/dev/until';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Constellation } from '../harness/constellation.ts';
import { get, join, newRoom, person, post } from '../harness/people.ts';

let chat: Constellation;
beforeAll(async () => { chat = await Constellation.start(); }, 120_000);
afterAll(() => chat?.stop());

test('a poison commit parks its room; all others go on', async () => {
  const ann = await person(chat, 'poison-ann');
  const sick = await newRoom(ann, 'public', 'all', 'sick');
  const well = await newRoom(ann, 'public', 'all', 'well');
  await post(ann, sick, 'last good words');
  await chat.settled();
  const nc = await connect({ servers: chat.servers.natsUrl });
  const sql = postgres(chat.servers.postgres.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await jetstream(nc).publish(subjectOf({ kind: 'room', id: sick }), '{"v":1,"this is":"no commit"');
    await until('the room to be parked', async () => (await sql`select 1 from ops.parked where aggregate = ${sick}`).length === 1, { timeoutMs: 20_000 });
    const begun = performance.now();
    const message = await post(ann, well, 'life goes on');
    await until('the other room to be projected', async () => {
      const page = await get(chat, ann.token, `/v1/rooms/${well}/messages?after=${message.cursor}`);
      return page.body?.data?.messages.at(-1)?.text === 'life goes on';
    }, { timeoutMs: 5_000 });
    expect(performance.now() - begun).toBeLessThan(2_000);
    const stale = await get(chat, ann.token, `/v1/rooms/${sick}/messages`);
    expect(stale.body).toMatchObject({ stale: true });
    expect(stale.body.data.messages.at(-1).text).toBe('last good words');
    // Only what touches the parked room is said to be old; every answer says where it stands.
    const isStale = async (path: string): Promise<boolean> => {
      const { status, body } = await get(chat, ann.token, path);
      expect({ status, position: body?.position }, path).toEqual({ status: 200, position: expect.stringMatching(/^c1\./) });
      return body.stale;
    };
    for (const path of ['', '/members', '/messages', '/pins']) {
      expect(await isStale(`/v1/rooms/${sick}${path}`), `sick${path}`).toBe(true);
      expect(await isStale(`/v1/rooms/${well}${path}`), `well${path}`).toBe(false);
    }
    expect(await isStale(`/v1/users?ids=${ann.userId}`)).toBe(false);
    const bob = await person(chat, 'poison-bob');
    await join(bob, well);
  } finally {
    await sql.end();
    await nc.close();
  }
}, 90_000);
