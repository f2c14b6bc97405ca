import { until } from '@parley/dev/until';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { streamOf } from '@parley/contracts/wire/partition';
import { startProjectors } from './start.ts';
import { person, Story } from './testing/stories.spec.ts';
import { uuidv7, World } from './testing/world.spec.ts';

let world: World;
beforeAll(async () => { world = await World.start(); }, 120_000);
afterAll(() => world?.[Symbol.asyncDispose]());

const roomRow = async (id: string) => (await world.sql`select * from rm.room where room_id = ${id}`)[0];

async function newRoom(id: string) {
  await world.append({ kind: 'room', id }, [
    { type: 'room.created', by: person(1), data: { kind: 'public', history: 'all', createdBy: person(1) }, content: { name: id }, commandId: uuidv7() },
    { type: 'room.member-joined', by: person(1), data: { userId: person(1), role: 'owner' } },
    { type: 'room.member-joined', by: person(2), data: { userId: person(2), role: 'member' } },
  ]);
}

async function post(id: string, ordinal: number, text: string, more: { author?: string } = {}) {
  const author = more.author ?? person(1);
  return world.append({ kind: 'room', id }, [{ type: 'message.posted', by: author, data: { messageId: uuidv7(), author, ordinal, hasLink: false, mentions: [] }, content: { text } }]);
}

test('post, edit, react and redact of one message in one batch', async () => {
  const messageId = uuidv7();
  const target = { messageId, targetN: 4 };
  await newRoom('batch');
  await world.append({ kind: 'room', id: 'batch' }, [
    { type: 'message.posted', by: person(1), data: { messageId, author: person(1), ordinal: 1, hasLink: false, mentions: [person(2)] }, content: { text: 'first' } },
    { type: 'message.edited', by: person(1), data: { ...target, hasLink: false, mentions: [] }, content: { text: 'second' } },
    { type: 'message.reacted', by: person(2), data: { ...target, emoji: '👍' } },
    { type: 'message.pinned', by: person(1), data: target },
    { type: 'message.redacted', by: person(1), data: target },
  ]);
  await using _projectors = await startProjectors(world.config());
  await world.settled();
  const [message] = await world.sql<{ view: unknown }[]>`select view from rm.message_view where room_id = 'batch'`;
  expect(message?.view).toMatchObject({ messageId, n: 4, ordinal: 1, state: 'redacted', text: null, mentions: [], pinned: false, revision: 8, reactions: [{ emoji: '👍', users: [person(2)] }] });
  expect((await world.sql`select 1 from rm.message_edit where text is not null`).length).toBe(0);
  expect((await world.sql`select 1 from rm.mention`).length).toBe(0);
});

test('whatever deciders accept becomes the rows of a clean fold, in whatever batches it came', async () => {
  const stories = Array.from({ length: 5 }, (_, index) => new Story(world, `story-${index}`, 100 + index));
  await Promise.all(stories.map((story) => story.go(40)));
  {
    await using _projectors = await startProjectors(world.config());
    for (let round = 0; round < 4; round += 1) await Promise.all(stories.map((story) => story.go(15, round === 3)));
    await world.append({ kind: 'reader', id: person(1) }, [{ type: 'reader.marked', by: person(1), data: { roomId: 'story-0', n: 5 } }]);
    await world.append({ kind: 'reader', id: person(1) }, [{ type: 'reader.marked', by: person(1), data: { roomId: 'story-0', n: 3 } }]);
    await world.append({ kind: 'user', id: person(1) }, [
      { type: 'user.registration-started', by: person(1), data: { claimId: 'A'.repeat(43) }, content: { name: '앤' } },
      { type: 'user.registered', by: 'system', data: { claimId: 'A'.repeat(43) } },
    ]);
    await world.settled();
    expect(await world.sql`select * from ops.parked`).toEqual([]);
  }
  const { rows, fold } = await world.dumps();
  expect(rows.tables).toEqual(fold.tables);
  expect(rows.tables['message']?.rows).toBeGreaterThan(150);
  expect(rows.tables['reaction']?.rows).toBeGreaterThan(10);
}, 120_000);

describe('poison', () => {
  test('parks its aggregate alone; a retry applies all of it', async () => {
    await newRoom('sick');
    await newRoom('well');
    await world.sql`alter table conversations_1.message add constraint poison check (text <> 'poison')`;
    await using _projectors = await startProjectors(world.config());
    await post('sick', 1, 'good');
    await post('sick', 2, 'poison');
    await post('sick', 3, 'after');
    await world.append({ kind: 'room', id: 'sick' }, [{ type: 'room.member-removed', by: person(1), data: { userId: person(2) } }]);
    await until('the room to be parked', async () => (await world.sql`select 1 from ops.parked where aggregate = 'sick'`).length === 1);
    await post('well', 1, 'life goes on');
    await world.settled();
    expect(await world.sql`select reason, from_n from ops.parked`).toMatchObject([{ reason: 'sql-23514', from_n: 5 }]);
    expect(await roomRow('sick')).toMatchObject({ ordinal: 1 });
    expect(await roomRow('well')).toMatchObject({ ordinal: 1 });
    // Access is taken away although the rest of the room waits.
    expect(await world.sql`select left_n from rm.member where room_id = 'sick' and user_id = ${person(2)}`).toMatchObject([{ left_n: 7 }]);

    await world.sql`update ops.parked set retry_requested_at = now()`;
    await until('the failed retry', async () => (await world.sql`select attempts from ops.parked`)[0]?.['attempts'] === 1);
    await world.sql`alter table conversations_1.message drop constraint poison`;
    await world.sql`update ops.parked set retry_requested_at = now()`;
    await until('the retry', async () => (await world.sql`select 1 from ops.parked`).length === 0);
    await post('sick', 4, 'healthy');
    await world.settled();
    expect(await roomRow('sick')).toMatchObject({ ordinal: 4, members: 1 });
    const { rows, fold } = await world.dumps();
    expect(rows.tables).toEqual(fold.tables);
  }, 60_000);

  test('is found among so many commits that their rows are copied', async () => {
    for (const id of ['much', 'more']) {
      await newRoom(id);
      for (let first = 1; first <= 500; first += 100) {
        await world.append({ kind: 'room', id }, Array.from({ length: 100 }, (_, at) => {
          const ordinal = first + at;
          const text = id === 'much' && ordinal === 333 ? 'venom' : `said as number ${ordinal}`;
          return { type: 'message.posted', by: person(1), data: { messageId: uuidv7(), author: person(1), ordinal, hasLink: false, mentions: [] }, content: { text } };
        }));
      }
    }
    await world.sql`alter table conversations_1.message add constraint venom check (text <> 'venom')`;
    await using _projectors = await startProjectors(world.config());
    await world.settled();
    expect(await world.sql`select aggregate, reason, from_n from ops.parked where aggregate in ('much', 'more')`).toMatchObject([{ aggregate: 'much', reason: 'sql-23514', from_n: 304 }]);
    expect(await roomRow('much')).toMatchObject({ ordinal: 300 });
    expect(await roomRow('more')).toMatchObject({ ordinal: 500 });
    await world.sql`alter table conversations_1.message drop constraint venom`;
    await world.sql`update ops.parked set retry_requested_at = now() where aggregate = 'much'`;
    await until('the retry', async () => (await world.sql`select 1 from ops.parked where aggregate = 'much'`).length === 0);
    await world.settled();
    const { rows, fold } = await world.dumps();
    expect(rows.tables).toEqual(fold.tables);
  }, 60_000);

  test('bytes that are no commit park too', async () => {
    await newRoom('garbage');
    await using projectors = await startProjectors(world.config());
    await world.appendBytes({ kind: 'room', id: 'garbage' }, Buffer.from('{"v":1,"no":"commit"'), 1);
    await until('the room to be parked', async () => (await world.sql`select 1 from ops.parked where aggregate = 'garbage' and reason = 'undecodable' and from_n = 4`).length === 1);
    await world.settled();
    const ready = await fetch(`${projectors.url}/health/ready`);
    expect(ready.status).toBe(200);
  }, 60_000);

  test('an unknown event stops its stream with an alarm and parks nothing', async () => {
    await newRoom('future');
    const parked = (await world.sql`select 1 from ops.parked`).length;
    await using projectors = await startProjectors(world.config());
    const seq = await world.append({ kind: 'room', id: 'future' }, [{ type: 'room.teleported', v: 1, by: person(1), data: {} }]);
    await until('the alarm', async () => (await fetch(`${projectors.url}/health/ready`)).status === 503, { timeoutMs: 15_000 });
    const body = await (await fetch(`${projectors.url}/health/ready`)).text();
    expect(body).toContain('room.teleported');
    const stream = streamOf({ kind: 'room', id: 'future' });
    const [checkpoint] = await world.sql<{ seq: number }[]>`select seq from ops.checkpoint where projection = 'conversations' and stream = ${stream}`;
    expect(checkpoint?.seq).toBe(seq - 1);
    expect((await world.sql`select 1 from ops.parked`).length).toBe(parked);
  }, 60_000);

  test('too much of it is a broken deployment: the projection stops and parks no more', async () => {
    for (let room = 0; room < 25; room += 1) await world.appendBytes({ kind: 'room', id: `broken-${room}` }, Buffer.from('nonsense'), 1);
    await using projectors = await startProjectors(world.config());
    await until('the alarm', async () => (await (await fetch(`${projectors.url}/health/ready`)).text()).includes('20 aggregates were parked within 5 minutes'));
    expect((await world.sql`select 1 from ops.parked`).length).toBeLessThanOrEqual(20);
  }, 60_000);
});
