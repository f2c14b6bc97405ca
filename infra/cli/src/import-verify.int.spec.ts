import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RoomId } from '@parley/contracts/ids';
import { streamOf } from '@parley/contracts/wire/partition';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { encodeCommit } from '@parley/kernel/event-store/commit-codec';
import { until } from '@parley/dev/until';
import { Constellation } from '@parley/tests/harness/constellation';
import { parley as run } from '@parley/tests/harness/parley';

/** Goal: an archive gets in once however often it is imported, and verify is green exactly as long as nothing was touched. */
let chat: Constellation;
let archive: string;
beforeAll(async () => {
  chat = await Constellation.start();
  archive = join(chat.servers.dir, 'archive');
  await parley('import', 'generate', archive, '--lines', '3000', '--days', '5');
}, 180_000);
afterAll(() => chat?.stop());

const parley = (...args: string[]) => run(chat, args);
const answerOf = ({ stdout }: { stdout: string }): Record<string, any> => JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;

describe('an archive', () => {
  test('gets in, and again not; what was cut off is gone on with', async () => {
    const part = answerOf(await parley('import', 'irc', archive, '--room', 'Old Days', '--days', '2', '--json'));
    expect(part).toMatchObject({ roomId: 'old-days', parts: 2, lines: 1_200, added: part['messages'] });
    const whole = answerOf(await parley('import', 'irc', archive, '--room', 'Old Days', '--json'));
    expect(whole).toMatchObject({ parts: 5, lines: 3_000, added: whole['messages'] - part['messages'] });
    expect(whole['messages'] + whole['system'] + whole['empty']).toBe(3_000);
    expect(answerOf(await parley('import', 'irc', archive, '--room', 'Old Days', '--json'))).toMatchObject({ added: 0 });
    const stat = answerOf(await parley('log', 'stat', '--json'));
    expect(stat['total'].commits).toBeGreaterThan(10);
  });

  test('can be read in the log, sealed or opened', async () => {
    const first = (await parley('log', 'show', 'room', 'old-days', '--from', '3', '--to', '3', '--json')).stdout;
    expect(JSON.parse(first)).toMatchObject({ n: 3, type: 'message.posted', data: { ordinal: 1, source: { name: expect.stringMatching(/^irc\.2004-11-15/), line: expect.any(Number) } } });
    expect(JSON.parse(first)).not.toHaveProperty('content');
    expect(answerOf(await parley('log', 'show', 'room', 'old-days', '--from', '3', '--to', '3', '--open', '--json'))['content']).toEqual({ text: expect.any(String) });
  });

  test('is whole, in the log, in snapshots and in rows', async () => {
    await chat.settled();
    const verified = await parley('verify', '--all', '--json');
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    expect(answerOf(verified)).toMatchObject({ ok: true, findings: [], rows: { rows: expect.any(Number) } });
    expect((await parley('lag', '--max-seconds', '60', '--json')).code).toBe(0);
    expect((await parley('parked', 'list', '--json')).stdout.trim()).toBe('[]');
  });

  test('and all that Parley stands on is well', async () => {
    const doctor = await parley('doctor', '--json');
    expect(doctor.code, doctor.stdout).toBe(0);
    const sql = postgres(chat.servers.postgres.databaseUrl, { max: 1 });
    const [search] = await sql<{ documents: number }[]>`select count(*)::int as documents from search.document`;
    await sql.end();
    expect(search!.documents).toBeGreaterThan(100);
    expect(answerOf(doctor)['checks']).toContainEqual({ name: 'search', state: 'ok', detail: `in PostgreSQL, ${search!.documents} messages` });
    expect(answerOf(doctor)['checks']).toContainEqual({ name: 'sync', state: 'ok', detail: expect.stringMatching(/^always/) });
  });
});

test('a row that was touched is named', async () => {
  const sql = postgres(chat.servers.postgres.databaseUrl, { max: 1 });
  const rows = await sql<{ n: string; revision: string }[]>`update rm.message set revision = revision + 1 where room_id = 'old-days' and ordinal = 100 returning n, revision - 1 as revision`;
  const row = rows.at(0)!;
  const verified = await parley('verify', '--rows', '--json');
  await sql`update rm.message set revision = ${row.revision} where room_id = 'old-days' and ordinal = 100`;
  await sql.end();
  expect(verified.code).toBe(1);
  expect(answerOf(verified)['findings']).toEqual([{ check: 'rows', kind: 'room', id: 'old-days', n: Number(row.n), what: expect.stringMatching(/^table message: revision is/) }]);
});

test('what a projection set aside is listed, shown, and applied again once it can be', async () => {
  const nc = await connect({ servers: chat.servers.natsUrl.split(',') });
  const aggregate = { kind: 'room', id: 'old-days' as RoomId } as const;
  try {
    const { seq } = await jetstream(nc).publish(subjectOf(aggregate), 'no commit');
    await until('the room to be parked', async () => (await parley('parked', 'list', '--json')).code === 1);
    expect(answerOf(await parley('parked', 'list', '--json'))).toMatchObject([{ kind: 'room', aggregate: 'old-days', from_seq: seq }]);
    expect(answerOf(await parley('parked', 'show', 'room', 'old-days', '--json'))).toMatchObject({ events: [], unreadable: expect.stringContaining(`seq ${seq}`) });
    expect(answerOf(await parley('verify', '--room', 'old-days', '--json'))['findings']).toMatchObject([{ check: 'envelope', seq, id: 'old-days' }]);
    expect(answerOf(await parley('parked', 'retry', 'room', 'old-days', '--json'))).toEqual({ asked: 1, applied: 0, failed: 1, pending: 0 });
    await (await jetstreamManager(nc)).streams.deleteMessage(streamOf(aggregate), seq);
    expect(answerOf(await parley('parked', 'retry', '--all', '--json'))).toEqual({ asked: 1, applied: 1, failed: 0, pending: 0 });
    expect((await parley('parked', 'list')).code).toBe(0);
    expect(answerOf(await parley('verify', '--json'))['findings']).toEqual([{ check: 'stream', stream: streamOf(aggregate), seq, what: 'its message is gone' }]);
  } finally {
    await nc.close();
  }
});

test('a commit that somebody wrote past the rules is named', async () => {
  const nc = await connect({ servers: chat.servers.natsUrl.split(',') });
  const aggregate = { kind: 'room', id: 'forged' as RoomId } as const;
  const author = '0190a3b0-1111-7000-8000-000000000001';
  const bytes = encodeCommit({
    v: 1, ws: 'main', ...aggregate, n: 2, prev: 'x', at: new Date().toISOString(),
    events: [{ type: 'room.created', v: 2, commandId: '0190a3b0-3333-7000-8000-000000000001', by: author, data: { kind: 'public', history: 'all', createdBy: author } }],
  });
  const { seq } = await jetstream(nc).publish(subjectOf(aggregate), bytes);
  await nc.close();
  const verified = await parley('verify', '--json');
  expect(verified.code).toBe(1);
  expect((answerOf(verified)['findings'] as { check: string }[]).filter(({ check }) => check !== 'stream')).toEqual([{ check: 'numbering', stream: streamOf(aggregate), seq, kind: 'room', id: 'forged', n: 1, what: expect.stringContaining('event 2 follows event 0') }]);
  expect((await parley('verify', '--room', 'old-days')).code).toBe(0);
});

test('servers that are not there end in 69, in one line', async () => {
  const nowhere = await run({ url: () => chat.url(), service: () => chat.service('query-service'), servers: { ...chat.servers, natsUrl: 'nats://127.0.0.1:1' }, world: chat.world } as unknown as Constellation, ['log', 'stat']);
  expect(nowhere).toMatchObject({ code: 69, stdout: '' });
  expect(nowhere.stderr).toContain('NATS cannot be reached at nats://127.0.0.1:1: ');
});
