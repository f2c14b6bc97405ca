import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { streamOf } from '@parley/contracts/wire/partition';
import { type Nats, startNats } from '@parley/dev/servers/nats';
import { decodeCommit, encodeCommit, hashOf } from '@parley/kernel/event-store/commit-codec';
import { connectNats } from '@parley/kernel/nats/connect';
import { provisionStreams } from '@parley/kernel/nats/provision';
import { PlainRoom } from '@parley/tests/harness/plain-log';
import { type Message, messagesOf, rewriteStream } from '@parley/tests/harness/rewrite-stream';
import { makeHeadKey } from '../commands/head.ts';
import { checkLog } from '../verify/check-log.ts';
import { openWatermarks } from '../verify/watermark.ts';
import { checkHeads } from './check-heads.ts';
import { type Signing, signHeads } from './notary.ts';
import { headKeysOf, hashOfHead, publicKeySetOf, type SignedHead, signerOf } from './signed-head.ts';

/**
 * Goal: whatever is done to a log that was signed or verified, is found and named. Method: a real server with a stream
 * of two rooms; the stream is made anew with one thing changed, and put right again after each test.
 */
let dir: string;
let nats: Nats;
let nc: NatsConnection;
let whole: Message[];
const key = makeHeadKey();
const signer = signerOf(key);
const keys = headKeysOf(publicKeySetOf(key), 'test');
const stream = streamOf({ kind: 'room', id: 'first' });
const other = Array.from({ length: 200 }, (_, index) => `second-${index}`).find((id) => streamOf({ kind: 'room', id }) === stream)!;
const { signal } = new AbortController();
const rooms = [new PlainRoom('first'), new PlainRoom(other)] as const;
let folder = '';
let made = 0;

const publish = async (count: number): Promise<void> => {
  const js = jetstream(nc);
  for (let index = 0; index < count; index += 1) {
    const room = rooms[index % 2]!;
    await js.publish(room.subject, room.next(2));
  }
};
const sign = async (...folders: string[]): Promise<Signing> => (await signHeads({ nc, ws: 'main', signer, folders: [folder, ...folders], signal })).find((each) => each.stream === stream)!;
const check = async (at = folder, believed = keys) => (await checkHeads({ nc, ws: 'main', folder: at, keys: believed, signal })).find((each) => each.stream === stream)!;
const said = async (at = folder) => (await check(at)).findings.map(({ what }) => what);
const headsFile = (): string => join(folder, `${stream}.ndjson`);
const linesOf = (): SignedHead[] => readFileSync(headsFile(), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as SignedHead);
const leavesFile = (): string => join(folder, `${stream}.${linesOf()[0]!.head.epoch}.leaves`);
const flip = ({ subject, bytes }: Message): Message => ({ subject, bytes: Buffer.from(Buffer.from(bytes).toString().replace('"hasLink":false', '"hasLink":true ')) });
const at = (seq: number, change: (message: Message) => Message) => (messages: readonly Message[]) => messages.map((message, index) => (index + 1 === seq ? change(message) : message));

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-heads-'));
  nats = await startNats({ dir: join(dir, 'nats'), sync: 'default' });
  nc = await connectNats({ url: nats.url, name: 'test' });
  await provisionStreams(nc, { replicas: 1 });
  await publish(20);
  whole = await messagesOf(nc, stream);
});
afterAll(async () => {
  await nc?.close();
  await nats?.stop();
  rmSync(dir, { recursive: true, force: true });
});
/** A folder with heads at 8, 14 and 20. */
beforeEach(async () => {
  folder = join(dir, `heads-${(made += 1)}`);
  await rewriteStream(nc, stream, whole.slice(0, 8));
  await sign();
  for (const upTo of [14, 20]) {
    const js = jetstream(nc);
    for (const { subject, bytes } of whole.slice(upTo - 6, upTo)) await js.publish(subject, bytes);
    await sign();
  }
});

test('a log that was not touched is what was signed, and one head follows the other', async () => {
  expect(await check()).toMatchObject({ heads: 3, fine: 3, unlike: 0, proven: { seq: 20 }, findings: [] });
  const [first, second] = linesOf();
  expect(second?.head.prev).toBe(hashOfHead(first!));
  expect((await sign()).signed).toBeUndefined();
});

describe('what was done to the log is named:', () => {
  const cases: [string, (messages: Message[]) => readonly Message[], (string | RegExp)[]][] = [
    ['a byte of the second interval', at(11, flip), [`byte changed in ${stream} seq 11`]],
    ['a byte of the very last commit, whose hash nobody carries', at(20, flip), [`byte changed in ${stream} seq 20`]],
    ['a byte of the first commit', at(1, ({ subject, bytes }) => ({ subject, bytes: Buffer.from(bytes).fill(0x20, 9, 10) })), [`byte changed in ${stream} seq 1`]],
    ['two commits swapped', (all) => [...all.slice(0, 10), all[11]!, all[10]!, ...all.slice(12)], ['commits 11 and 12 swapped']],
    ['the tail cut between heads', (all) => all.slice(0, 17), [/^the tail is cut at seq 18: the head of .* covers up to 20$/]],
    ['the tail cut before all but one head', (all) => all.slice(0, 9), [/^the tail is cut at seq 10: the head of .* covers up to 20$/]],
    ['everything gone', () => [], [/^the tail is cut at seq 1: /]],
    ['a commit taken out and the rest moved up', (all) => [...all.slice(0, 9), ...all.slice(10)], ['the commit at seq 10 was taken out, and those behind it moved up', /^the tail is cut at seq 20/]],
    ['a commit put in', (all) => [...all.slice(0, 9), all[3]!, ...all.slice(9)], ['a commit was put in at seq 10, and those behind it moved down']],
    ['a commit moved to the other room', at(9, ({ bytes }) => ({ subject: rooms[1].subject, bytes })), [`byte changed in ${stream} seq 9`]],
    ['bytes that are no commit', at(13, ({ subject }) => ({ subject, bytes: Buffer.from('{}') })), [`byte changed in ${stream} seq 13`]],
  ];
  test.each(cases)('%s', async (_, change, expected) => {
    await rewriteStream(nc, stream, change([...whole]));
    const found = await said();
    expect(found).toEqual(expected.map((text) => (typeof text === 'string' ? text : expect.stringMatching(text))));
  });

  test('a room written anew with chains that fit, which verify cannot see', async () => {
    let prev = '';
    const anew = whole.map((message) => {
      if (message.subject !== rooms[0].subject) return message;
      const commit = decodeCommit(message.bytes);
      const bytes = encodeCommit({ ...commit, prev, events: commit.events.map((event) => ({ ...event, ...(event.mac && { mac: 'BBBBBBBBBBBBBBBBBBBBBB' }) })) });
      prev = hashOf(bytes);
      return { subject: message.subject, bytes };
    });
    await rewriteStream(nc, stream, anew);
    expect((await checkLog(nc, 'main', { signal })).findings.filter((finding) => finding.stream === stream)).toEqual([]);
    const { findings, fine } = await check();
    expect(fine).toBe(0);
    expect(findings[0]).toMatchObject({ kind: 'room', id: 'first', n: 3, what: `byte changed in ${stream} seq 3` });
  });

  test('a message deleted in place', async () => {
    await (await jetstreamManager(nc)).streams.deleteMessage(stream, 12);
    expect(await said()).toEqual(['the commit at seq 12 is gone']);
  });

  test('the place is told by room and event', async () => {
    await rewriteStream(nc, stream, at(11, flip)(whole));
    expect((await check()).findings).toMatchObject([{ kind: 'room', id: 'first', n: decodeCommit(whole[10]!.bytes).n, stream, seq: 11 }]);
    expect(await check()).toMatchObject({ fine: 1, unlike: 2, proven: { seq: 8 } });
  });

  test.each<[string, () => void]>([['without leaves', () => rmSync(leavesFile())], ['with leaves that were changed too', () => writeFileSync(leavesFile(), Buffer.alloc(20 * 32, 7))]])('%s the heads tell between which two, the chain tells where', async (_, spoil) => {
    spoil();
    await rewriteStream(nc, stream, at(11, flip)(whole));
    const [finding, ...rest] = (await check()).findings;
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ kind: 'room', id: 'first', seq: 13, what: expect.stringMatching(/between seq 9 and 14: up to 8 .*the first commit that does not fit its chain/) });
  });
});

describe('the notary', () => {
  test('goes on from its state, from its leaves, or from the log itself, to the same root', async () => {
    const roots: string[] = [];
    for (const spoil of [() => {}, () => rmSync(join(folder, `${stream}.state.json`)), () => { rmSync(leavesFile()); }]) {
      spoil();
      await rewriteStream(nc, stream, whole);
      await publishExtra(roots.length + 1);
      const { signed, fault } = await sign();
      expect(fault).toBeUndefined();
      roots.push(signed!.head.root);
      expect((await check()).findings).toEqual([]);
    }
    expect(new Set(roots).size).toBe(3);
  });

  test('signs nothing over a log that went back, or that is not what it signed', async () => {
    await rewriteStream(nc, stream, whole.slice(0, 15));
    expect((await sign()).fault).toMatch(/^the log went back: it ends at 15, the head of .* covers up to 20/);
    await rewriteStream(nc, stream, at(3, flip)(whole));
    await publishExtra(1);
    rmSync(join(folder, `${stream}.state.json`));
    rmSync(leavesFile());
    expect((await sign()).fault).toMatch(/^what lies up to 20 is not what was signed/);
    expect(linesOf()).toHaveLength(3);
  });

  test('brings a copy to where the original is, and refuses one with another history', async () => {
    const copy = `${folder}-copy`;
    await publishExtra(1);
    await sign(copy);
    expect(readFileSync(join(copy, `${stream}.ndjson`), 'utf8')).toBe(readFileSync(headsFile(), 'utf8'));
    expect(await check(copy)).toMatchObject({ fine: 4, findings: [] });
    const lines = linesOf();
    writeFileSync(join(copy, `${stream}.ndjson`), `${[...lines.slice(0, 3), signer.sign({ ...lines[3]!.head, at: new Date().toISOString() })].map((line) => JSON.stringify(line)).join('\n')}\n`);
    await publishExtra(2);
    expect((await sign(copy)).fault).toContain('two histories');
  });

  test('a stream that was made anew begins a tree of its own, and the history goes on', async () => {
    const jsm = await jetstreamManager(nc);
    const { config } = await jsm.streams.info(stream);
    await jsm.streams.update(stream, { metadata: { ...config.metadata, epoch: 'anewanew' } });
    expect(await said()).toEqual([expect.stringContaining('it was restored or made anew, and nothing signed it since')]);
    const { signed } = await sign();
    expect(signed?.head).toMatchObject({ epoch: 'anewanew', seq: 20, prev: hashOfHead(linesOf()[2]!) });
    expect(await check()).toMatchObject({ fine: 1, otherEpoch: 3, findings: [] });
    await jsm.streams.update(stream, { metadata: config.metadata! });
  });
});

async function publishExtra(count: number): Promise<void> {
  const room = new PlainRoom(`extra-${Array.from({ length: 300 }, (_, index) => index).find((index) => streamOf({ kind: 'room', id: `extra-${index}` }) === stream)}`);
  for (let index = 0; index < count; index += 1) await jetstream(nc).publish(room.subject, room.next(1));
}

describe('heads that are not to be believed are named:', () => {
  const rewriteHeads = (lines: readonly unknown[]): void => writeFileSync(headsFile(), `${lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')}\n`);

  test('a key that nobody gave', async () => expect((await check(folder, headKeysOf(publicKeySetOf(makeHeadKey()), 'test'))).findings.map(({ what }) => what)).toEqual([1, 2, 3].map((line) => expect.stringMatching(new RegExp(`^line ${line}: signed with the key .*not among those given`)))));
  test('a wrong key of the right name', async () => {
    const forged = { ...(JSON.parse(makeHeadKey()) as object), kid: signer.kid };
    expect((await check(folder, headKeysOf(publicKeySetOf(JSON.stringify(forged)), 'test'))).findings[0]?.what).toMatch(/^line 1: the signature does not fit the key/);
  });
  test.each<[string, (lines: SignedHead[]) => unknown[], RegExp]>([
    ['a head that was changed', ([a, b, c]) => [a, { ...b!, head: { ...b!.head, seq: 13 } }, c], /^line 2: the signature does not fit/],
    ['an old head played again', ([a, b, c]) => [a, b, c, a], /^line 4: an old head played again: it is that of line 1/],
    ['a forked history', ([a, b, c]) => [a, b, c, signer.sign({ ...c!.head, at: new Date().toISOString() })], /^line 4: a forked history: it follows the same head as line 3/],
    ['a head taken out of the middle', ([a, , c]) => [a, c], /^line 2: the head before it is missing/],
    ['a history without its beginning', ([, b, c]) => [b, c], /^line 1: the history does not begin here/],
    ['another workspace', ([a, b, c]) => [a, b, c, signer.sign({ ...c!.head, ws: 'other', prev: hashOfHead(c!) })], /^line 4: it is of the workspace other/],
    ['another stream', ([a, b, c]) => [a, b, c, signer.sign({ ...c!.head, stream: 'EVT_99', prev: hashOfHead(c!) })], /^line 4: it is of EVT_99/],
    ['a head that covers less than the one before', ([a, b, c]) => [a, b, c, signer.sign({ ...a!.head, at: new Date().toISOString(), prev: hashOfHead(c!) })], /^line 4: it covers up to 8, the one before up to 20/],
    ['a time that goes back', ([a, b, c]) => [a, b, c, signer.sign({ ...c!.head, seq: 21, at: '2020-01-01T00:00:00.000Z', prev: hashOfHead(c!) })], /^line 4: it was signed at 2020/],
    ['what is not JSON', (lines) => [...lines, '{'], /^line 4: the line is not JSON/],
    ['a key of a prototype', (lines) => [...lines, '{"__proto__":{"head":1},"head":{"__proto__":{}},"kid":"x","sig":"y"}'], /^line 4: the line is no head/],
    ['a line without an end', (lines) => [...lines, 'x'.repeat(3_000_000)], /^line 4: the line is longer than 4096 characters/],
  ])('%s', async (_, change, expected) => {
    rewriteHeads(change(linesOf()));
    expect((await said())[0]).toMatch(expected);
  });
});

describe('a watermark', () => {
  const verify = (store = openWatermarks(join(folder, 'verified'), (text) => notes.push(text))) => checkLog(nc, 'main', { signal, watermarks: store });
  const notes: string[] = [];
  const ofStream = (report: Awaited<ReturnType<typeof verify>>) => report.findings.filter((finding) => finding.stream === stream);

  test('lets the next run read only what is new', async () => {
    const first = await verify();
    expect(first.findings).toEqual([]);
    expect(await verify()).toMatchObject({ commits: 0, before: { commits: first.commits, events: first.events } });
    await publishExtra(3);
    expect(await verify()).toMatchObject({ commits: 3, findings: [] });
    await rewriteStream(nc, stream, whole);
  });
  test('does not hide a log that went back, changed at the boundary, or under a room’s end', async () => {
    await verify();
    await rewriteStream(nc, stream, whole.slice(0, 12));
    expect(ofStream(await verify())).toMatchObject([{ check: 'stream', seq: 13, what: expect.stringMatching(/verified up to 20 at .*ends at 12 now: its tail is gone/) }]);
    await rewriteStream(nc, stream, at(20, flip)(whole));
    expect(ofStream(await verify())).toMatchObject([{ check: 'chain', seq: 20, kind: 'room', id: other, what: expect.stringContaining('its bytes are others than when it was verified') }]);
    await rewriteStream(nc, stream, at(19, flip)(whole));
    expect(ofStream(await verify())).toMatchObject([{ check: 'chain', seq: 19, kind: 'room', id: 'first' }]);
    await rewriteStream(nc, stream, whole);
    expect(ofStream(await verify())).toEqual([]);
  });
  test('finds behind it what does not follow the end it has', async () => {
    await rewriteStream(nc, stream, whole.slice(0, 18));
    await verify();
    await rewriteStream(nc, stream, [...whole.slice(0, 18), ...at(1, flip)(whole.slice(18, 19)), ...whole.slice(19), whole[3]!]);
    expect(ofStream(await verify())).toMatchObject([{ check: 'numbering', seq: 21 }]);
  });
  test('of another epoch, cut, or damaged, is not believed', async () => {
    const { commits } = await verify();
    const file = join(folder, 'verified', `${stream}.ndjson`);
    const good = readFileSync(file, 'utf8');
    for (const spoil of [() => writeFileSync(file, good.replace('"seq":20', '"seq":19')), () => truncateSync(file, 120), () => appendFileSync(file, 'more\n'), () => writeFileSync(file, '\u0000'.repeat(100_000))]) {
      writeFileSync(file, good);
      spoil();
      expect((await verify()).commits).toBe(20);
    }
    expect(notes.filter((note) => note.includes('is damaged'))).toHaveLength(4);
    writeFileSync(file, good);
    const jsm = await jetstreamManager(nc);
    const { config } = await jsm.streams.info(stream);
    await jsm.streams.update(stream, { metadata: { ...config.metadata, epoch: 'anewanew' } });
    expect(await verify()).toMatchObject({ commits: 20, findings: [] });
    await jsm.streams.update(stream, { metadata: config.metadata! });
    expect(commits).toBeGreaterThan(0);
  });
  test('is kept when the run is stopped, and the next goes on', async () => {
    const store = openWatermarks(join(folder, 'verified'), () => {});
    const stop = new AbortController();
    const stopped = checkLog(nc, 'main', { signal: stop.signal, watermarks: store, onProgress: (_, name) => { if (name === stream) stop.abort(); } });
    await expect(stopped).rejects.toThrow();
    const kept = (await store.read(stream))!.seq;
    expect(kept).toBeGreaterThan(0);
    const after = await checkLog(nc, 'main', { signal, watermarks: store });
    expect(after).toMatchObject({ findings: [] });
    // How far it came before it was stopped is chance; all of that is not read again.
    expect(after.before.commits).toBeGreaterThanOrEqual(kept);
  });
});
