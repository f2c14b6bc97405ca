import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { ROOT } from '@parley/dev/paths';
import { provision } from '@parley/dev/servers-up';
import { startNats } from '@parley/dev/servers/nats';
import { until } from '@parley/dev/until';
import { canonicalDump } from '@parley/projectors/canonical-dump';
import { cleanFold } from '@parley/projectors/clean-fold';
import { person, Story } from '@parley/projectors/testing/stories.spec';
import { World } from '@parley/projectors/testing/world.spec';
import { connectNats } from '@parley/kernel/nats/connect';
import { openPostgres } from '@parley/kernel/stores/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mergeStreams, type Placed } from './log/merge-streams.ts';
import { openPlace } from './log/read-ranges.ts';
import { originHeader } from './replay/stream-sink.ts';

/** Goal: the log said again is the same log, wherever it goes and however often it is cut off. */
let world: World;
let rooms: Story[];
beforeAll(async () => {
  world = await World.start();
  rooms = [31, 32, 33].map((seed) => new Story(world, `replayed-${seed}`, seed));
  await Promise.all(rooms.map((room) => room.go(12)));
  await world.append({ kind: 'reader', id: person(1) }, [{ type: 'reader.marked', by: person(1), data: { roomId: rooms[0]!.roomId, n: 3 } }]);
}, 120_000);
afterAll(() => world?.[Symbol.asyncDispose]());

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs the CLI; `onOutput` may interrupt it. */
function parley(args: readonly string[], onOutput?: (stdout: string, interrupt: () => void) => void, onStart?: (interrupt: () => void) => void): Promise<Ended> {
  const child = spawn(process.execPath, [join(ROOT, 'infra', 'cli', 'dist', 'main.js'), ...args], { env: { ...world.env, PATH: process.env['PATH'], HOME: process.env['HOME'], NO_COLOR: '1', LOG_LEVEL: 'silent', PARLEY_DATA: '/nowhere' }, stdio: ['ignore', 'pipe', 'pipe'] });
  // Once: a second one ends it on the spot, without order.
  let isInterrupted = false;
  const interrupt = (): void => {
    if (!isInterrupted) child.kill('SIGINT');
    isInterrupted = true;
  };
  onStart?.(interrupt);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    onOutput?.(stdout, interrupt);
  });
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString(); });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}
const lines = ({ stdout }: Ended) => stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as { kind: string; id: string; n: number; stream: string; seq: number; content?: unknown });
// oxlint-disable-next-line typescript/no-explicit-any
const json = ({ stdout }: Ended): any => JSON.parse(stdout.trim().split('\n').at(-1)!);

async function everyMessage() {
  const place = await openPlace(world.nc, undefined, 'spec', {}, {}, undefined);
  const all: Placed[] = [];
  for await (const messages of mergeStreams(world.nc, place.ranges(), new AbortController().signal)) all.push(...messages);
  return all;
}

describe('to standard output', () => {
  test('every event once, in the order of storing; a part by number', async () => {
    const replayed = await parley(['replay', '--json']);
    expect(replayed.code, replayed.stderr).toBe(0);
    const events = lines(replayed);
    expect([...new Set(events.map(({ stream, seq }) => `${stream}:${seq}`))]).toEqual((await everyMessage()).map(({ stream, seq }) => `${stream}:${seq}`));
    const part = lines(await parley(['replay', '--room', rooms[0]!.roomId, '--from', '3', '--to', '7', '--json']));
    expect(part.map(({ n }) => n)).toEqual([3, 4, 5, 6, 7]);
    expect(part.every(({ id }) => id === rooms[0]!.roomId)).toBe(true);
  });
  test('texts when told, but for those that were taken away since', async () => {
    const args = ['replay', '--room', rooms[1]!.roomId, '--open', '--json'];
    const [open, withRemoved] = [lines(await parley(args)), lines(await parley([...args, '--with-removed']))];
    const hidden = open.filter(({ content }) => content === 'removed since').map(({ n }) => n);
    expect(hidden.length).toBeGreaterThan(0);
    expect(withRemoved.filter(({ n }) => hidden.includes(n)).every(({ content }) => typeof content === 'object')).toBe(true);
  });
  test('stopped by Ctrl-C it goes on from there: nothing twice, nothing left out', async () => {
    const file = join(world.servers.dir, 'stdout-place');
    const roomId = rooms[2]!.roomId;
    const all = lines(await parley(['replay', '--room', roomId, '--json']));
    // Slow enough that it cannot end before it is told to stop.
    const args = ['replay', '--room', roomId, '--json', '--resume', file];
    const first = await parley([...args, '--speed', '0.00001'], (stdout, interrupt) => stdout.includes('\n') && interrupt());
    expect(first.code).toBe(130);
    expect(lines(first).length).toBeLessThan(all.length);
    expect(existsSync(file)).toBe(true);
    const second = await parley(args);
    expect(second.code, second.stderr).toBe(0);
    expect([...lines(first), ...lines(second)]).toEqual(all);
    expect(lines(await parley(args))).toEqual([]);
  }, 180_000);
});

describe('to a sandbox stream', () => {
  test('the same bytes under the same subjects behind a prefix, each with where it came from', async () => {
    const made = await parley(['replay', '--to-stream', 'SANDBOX', '--json']);
    expect(made.code, made.stderr).toBe(0);
    const all = await everyMessage();
    expect(json(made)).toEqual({ stream: 'SANDBOX', subjects: 'sandbox.SANDBOX.>', published: all.length });
    const consumer = await jetstream(world.nc).consumers.get('SANDBOX', { filter_subjects: ['sandbox.SANDBOX.>'] });
    for (const message of all) {
      const copy = await consumer.next({ expires: 5_000 });
      expect(copy?.subject).toBe(`sandbox.SANDBOX.${message.subject}`);
      expect(Buffer.from(copy!.data).equals(Buffer.from(message.bytes))).toBe(true);
      expect(copy?.headers?.get(originHeader)).toBe(`${message.stream}:${message.seq}`);
      expect(copy?.headers?.get('Parley-Was-Nats-Expected-Last-Subject-Sequence')).toBe(message.headers?.get('Nats-Expected-Last-Subject-Sequence') ?? '');
    }
    expect((await parley(['replay', '--to-stream', 'SANDBOX'])).stderr).toContain('holds');
  });
  test('gone on with after its place was lost in part, it holds nothing twice', async () => {
    const file = join(world.servers.dir, 'stream-place');
    const roomId = rooms[0]!.roomId;
    const args = ['replay', '--room', roomId, '--to-stream', 'AGAIN', '--resume', file];
    expect((await parley(args)).code).toBe(0);
    const jsm = await jetstreamManager(world.nc);
    const { state } = await jsm.streams.info('AGAIN');
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { ranges: { fromSeq: number }[] };
    writeFileSync(file, JSON.stringify({ ...kept, ranges: kept.ranges.map((range) => ({ ...range, fromSeq: 1 })) }));
    const again = await parley([...args, '--json']);
    expect(again.code, again.stderr).toBe(0);
    expect(json(again).published).toBe(0);
    expect((await jsm.streams.info('AGAIN')).state.messages).toBe(state.messages);
  });
  test('never into a stream of somebody else', async () => {
    await (await jetstreamManager(world.nc)).streams.add({ name: 'THEIRS', subjects: ['theirs.>'] });
    const refused = await parley(['replay', '--to-stream', 'THEIRS']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('no sandbox');
  });
});

describe('into scratch tables', () => {
  const databaseOf = async (name: string): Promise<boolean> => (await world.sql`select 1 from pg_database where datname = ${name}`).length > 0;

  /** How many commits the scratch database has applied. */
  const foldedIn = async (name: string): Promise<number> => {
    const url = new URL(world.env['DATABASE_URL']!);
    url.pathname = `/${name}`;
    const sql = openPostgres(url.href, { max: 1, name: 'spec' });
    const [row] = await sql<{ seq: number }[]>`select coalesce(max(seq), 0)::int as seq from ops.checkpoint`.catch(() => [{ seq: 0 }]);
    await sql.end();
    return row?.seq ?? 0;
  };

  test('the rows are those of a clean fold; kept when told, dropped when told', async () => {
    const kept = await parley(['replay', '--scratch', '--keep', '--json']);
    expect(kept.code, kept.stderr).toBe(0);
    const { database, hash, rows } = json(kept);
    const fold = await cleanFold({ nc: world.nc, databaseUrl: world.env['DATABASE_URL']!, opener: world.opener() });
    expect({ hash, rows }).toEqual({ hash: fold.hash, rows: Object.fromEntries(Object.entries(fold.tables).map(([name, table]) => [name, table.rows])) });
    const url = new URL(world.env['DATABASE_URL']!);
    url.pathname = `/${database}`;
    const sql = openPostgres(url.href, { max: 1, name: 'spec' });
    expect((await canonicalDump(sql)).hash).toBe(hash);
    await sql.end();
    expect((await parley(['replay', '--drop', database])).code).toBe(0);
    expect(await databaseOf(database)).toBe(false);
    const dropped = json(await parley(['replay', '--scratch', '--json']));
    expect({ kept: dropped.kept, hash: dropped.hash, there: await databaseOf(dropped.database) }).toEqual({ kept: false, hash, there: false });
  }, 180_000);
  test('cut off and gone on with, they are the same', async () => {
    const file = join(world.servers.dir, 'scratch-place');
    const args = ['replay', '--scratch', '--room', rooms[0]!.roomId, '--resume', file, '--json'];
    let stop: (() => void) | undefined;
    const running = parley([...args, '--speed', '0.00001'], undefined, (interrupt) => { stop = interrupt; });
    await until('some of it to be folded', async () => {
      if (!existsSync(file)) return false;
      const { notes } = JSON.parse(readFileSync(file, 'utf8')) as { notes: { database: string } };
      return (await databaseOf(notes.database)) && (await foldedIn(notes.database)) > 0;
    });
    stop?.();
    expect((await running).code).toBe(130);
    const { notes } = JSON.parse(readFileSync(file, 'utf8')) as { notes: { database: string } };
    expect(await databaseOf(notes.database)).toBe(true);
    const whole = json(await parley(['replay', '--scratch', '--room', rooms[0]!.roomId, '--json']));
    const again = await parley(args);
    expect(again.code, again.stderr).toBe(0);
    expect(json(again)).toMatchObject({ database: notes.database, hash: whole.hash, rows: whole.rows });
  }, 180_000);
});

describe('beside another log', () => {
  test('the same is the same; the first commit that differs is named, and what is there too many', async () => {
    const other = await startNats({ dir: join(world.servers.dir, 'other'), sync: 'default' });
    await provision(other.url, 1);
    const nc = await connectNats({ url: other.url, name: 'spec-other' });
    try {
      const copied = jetstream(nc);
      const all = await everyMessage();
      const flipped = all.findLast(({ subject }) => subject.endsWith(rooms[1]!.roomId))!;
      for (const message of all.filter(({ stream }) => stream !== flipped.stream)) await copied.publish(message.subject, message.bytes);
      for (const message of all.filter(({ stream }) => stream === flipped.stream)) {
        const bytes = Buffer.from(message.bytes);
        if (message.seq === flipped.seq) bytes[bytes.length - 20]! ^= 1;
        await copied.publish(message.subject, bytes);
      }
      const found = await parley(['log', 'diff', '--with', other.url, '--json']);
      expect(found.code, found.stderr).toBe(1);
      expect(json(found)).toMatchObject({ same: false, differences: [{ stream: flipped.stream, seq: flipped.seq, kind: 'room', id: rooms[1]!.roomId, n: expect.any(Number), what: 'its bytes differ' }] });
      expect(json(await parley(['log', 'diff', '--with', other.url, '--room', rooms[0]!.roomId, '--json']))).toEqual({ same: true, differences: [] });
      const more = all.find(({ subject }) => subject.endsWith(rooms[0]!.roomId))!;
      await copied.publish(more.subject, more.bytes);
      expect((await parley(['log', 'diff', '--with', other.url, '--room', rooms[0]!.roomId])).stdout).toContain('only the other log has it');
    } finally {
      await nc.close();
      await other.stop();
    }
  }, 180_000);
  test('a range, a state and an order that cannot be are told apart', async () => {
    const state = json(await parley(['log', 'diff', 'reader', person(1), '1', 'now', '--json']));
    expect(state).toMatchObject({ kind: 'reader', fromN: 1, toN: 1, changes: [] });
    expect(await parley(['log', 'diff', 'room', rooms[0]!.roomId, '5', '2', '--sealed'])).toMatchObject({ code: 2, stdout: '' });
    expect((await parley(['log', 'diff', 'user', 'nobody', '1'])).code).toBe(1);
  });
});
