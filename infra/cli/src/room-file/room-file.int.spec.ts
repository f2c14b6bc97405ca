import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Nats, startNats } from '@parley/dev/servers/nats';
import { connectNats } from '@parley/kernel/nats/connect';
import { provisionStreams } from '@parley/kernel/nats/provision';
import { createSealer } from '@parley/kernel/sealing/sealer';
import { createOpener } from '@parley/kernel/sealing/opener';
import { memoryVault } from '@parley/kernel/vault/memory-vault';
import { encodeCommit, hashOf } from '@parley/kernel/event-store/commit-codec';
import type { StoredEvent } from '@parley/contracts/envelope/commit';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { PlainRoom } from '@parley/tests/harness/plain-log';
import { messagesOf, rewriteStream } from '@parley/tests/harness/rewrite-stream';
import { makeHeadKey } from '../commands/head.ts';
import { signHeads } from '../head/notary.ts';
import { headKeysOf, publicKeySetOf, signerOf } from '../head/signed-head.ts';
import { checkRoomFile } from './check-room-file.ts';
import { exportRoom, type Exported, type ExportOptions } from './export-room.ts';
import { importRoomFile } from './import-room-file.ts';
import { RoomFileWriter, type RoomFileLine } from './room-file.ts';

/** Goal: a room's file is believed exactly as far as it proves itself, whatever was done to it. Method: a real log, one file, spoilt in each way. */
let dir: string;
let nats: Nats;
let nc: NatsConnection;
let text: string;
const key = makeHeadKey();
const keys = headKeysOf(publicKeySetOf(key), 'test');
const vault = memoryVault();
const author = '0190a3b0-1111-7000-8000-000000000001';
const { signal } = new AbortController();
let count = 0;

const fileWith = (content: string | Buffer): string => {
  const file = join(dir, `file-${(count += 1)}`);
  writeFileSync(file, content);
  return file;
};
const exportOf = async (roomId: string, more: Partial<ExportOptions> = {}): Promise<string> => {
  const exported: Exported = { commits: 0, events: 0, keys: 0 };
  let all = '';
  for await (const piece of exportRoom({ nc, ws: 'main', roomId, heads: join(dir, 'heads'), opener: undefined, withRemoved: false, vault: undefined, note: () => {}, ...more }, exported)) all += piece;
  return all;
};
type Line = Exclude<RoomFileLine, { end: unknown }>;
const linesOf = (file: string): Line[] => file.trim().split('\n').slice(0, -1).map((line) => JSON.parse(line) as Line);
/** The file as somebody would write it who knows its form: with a hash that fits. */
const rewritten = (change: (lines: Line[]) => Line[]): string => {
  const writer = new RoomFileWriter();
  return change(linesOf(text)).map((line) => writer.line(line)).join('') + writer.end();
};

/** A room whose message was edited and another redacted, sealed for true. */
async function writeTalk(): Promise<void> {
  const sealer = createSealer(vault, 'main');
  const id = (n: number): string => `0190a3b0-4444-7000-8000-${String(n).padStart(12, '0')}`;
  const posted = async (n: number, ordinal: number, said: string): Promise<StoredEvent> => ({
    type: 'message.posted', v: 2, commandId: id(n), by: author, data: { messageId: id(n), author, ordinal, hasLink: false, mentions: [] },
    sealed: await sealer.seal({ kind: 'room', id: 'talk', commandId: id(n), index: 0, type: 'message.posted' }, author, { text: said }),
  });
  const commits: StoredEvent[][] = [
    [{ type: 'room.created', v: 2, commandId: id(1), by: author, data: { kind: 'public', history: 'all', createdBy: author } }, { type: 'room.member-joined', v: 1, commandId: id(1), by: author, data: { userId: author, role: 'owner' } }],
    [await posted(2, 1, 'first words')], [await posted(3, 2, 'regretted words')],
    [{ type: 'message.edited', v: 1, commandId: id(4), by: author, data: { messageId: id(2), targetN: 3, hasLink: false, mentions: [] }, sealed: await sealer.seal({ kind: 'room', id: 'talk', commandId: id(4), index: 0, type: 'message.edited' }, author, { text: 'better words' }) }],
    [{ type: 'message.redacted', v: 1, commandId: id(5), by: author, data: { messageId: id(3), targetN: 4 } }],
  ];
  let [prev, n] = ['', 1];
  for (const [index, events] of commits.entries()) {
    const bytes = encodeCommit({ v: 1, ws: 'main', kind: 'room', id: 'talk', n, prev, at: new Date(Date.UTC(2026, 0, 1) + index * 1_000).toISOString(), events });
    await jetstream(nc).publish(subjectOf({ kind: 'room', id: 'talk' }), bytes);
    prev = hashOf(bytes);
    n += events.length;
  }
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-room-'));
  nats = await startNats({ dir: join(dir, 'nats'), sync: 'default' });
  nc = await connectNats({ url: nats.url, name: 'test' });
  await provisionStreams(nc, { replicas: 1 });
  const room = new PlainRoom('taken');
  const beside = new PlainRoom('beside');
  for (let index = 0; index < 12; index += 1) for (const each of [room, beside]) await jetstream(nc).publish(each.subject, each.next(3));
  await writeTalk();
  await signHeads({ nc, ws: 'main', signer: signerOf(key), folders: [join(dir, 'heads')], signal });
  await jetstream(nc).publish(room.subject, room.next(1));
  text = await exportOf('taken');
}, 180_000);
afterAll(async () => {
  await nc?.close();
  await nats?.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('a file proves itself up to the head that covers it, plain or in gzip', async () => {
  for (const content of [text, gzipSync(text)]) {
    expect(await checkRoomFile(fileWith(content), keys)).toMatchObject({ room: 'taken', commits: 13, events: 36, proven: { commits: 12, kid: signerOf(key).kid }, findings: [] });
  }
  expect(await checkRoomFile(fileWith(text), undefined)).toMatchObject({ unproven: expect.stringContaining('whose signature was not looked at'), findings: [] });
  expect(await checkRoomFile(fileWith(await exportOf('taken', { heads: undefined })), keys)).toMatchObject({ unproven: 'the file carries no signed head', findings: [] });
});

describe('what was done to a file is named:', () => {
  const commitLine = (change: (json: string) => string) => (line: Line, index: number): Line =>
    index === 5 && 'commit' in line ? { commit: { ...line.commit, bytes: Buffer.from(change(Buffer.from(line.commit.bytes, 'base64').toString())).toString('base64') } } : line;
  test.each<[string, () => string | Buffer, RegExp]>([
    ['cut anywhere', () => text.slice(0, 4_000), /cannot be read|ends before its end|none of an export/],
    ['without its last line', () => `${text.trim().split('\n').slice(0, -1).join('\n')}\n`, /ends before its end/],
    ['a changed byte, the hash left', () => text.replace('"exportedAt":"2', '"exportedAt":"1'), /its hash is another/],
    ['something behind the end', () => `${text}{}\n`, /something follows the end/],
    ['a truncated gzip', () => gzipSync(text).subarray(0, 900), /the gzip ends too early/],
    ['a damaged gzip', () => Buffer.concat([gzipSync(text).subarray(0, 400), Buffer.alloc(600, 7)]), /cannot be read/],
    ['nothing at all', () => '', /ends before its end/],
    ['no export', () => '{"parley":"head/1"}\n', /is no export of a room/],
    ['keys of a prototype', () => '{"__proto__":{"parley":"room-export/1"},"constructor":{}}\n', /is no export of a room/],
    ['another kind of line', () => text.replace('{"commit":', '{"__proto__":{},"commit":'), /none of an export|its hash is another/],
    ['a claim of more than there can be', () => text.replace(/"seq":\d+/, '"seq":1e300'), /none of an export/],
    ['a line of a hundred megabytes', () => gzipSync(Buffer.alloc(100_000_000, 'x')), /line is longer than/],
    ['binary', () => Buffer.alloc(100_000), /is no export of a room/],
  ])('%s', async (_, spoil, expected) => {
    const file = fileWith(spoil());
    const before = process.memoryUsage().rss;
    await expect(checkRoomFile(file, keys)).rejects.toThrow(expected);
    expect(process.memoryUsage().rss - before).toBeLessThan(80_000_000);
  });

  test.each<[string, (lines: Line[]) => Line[], RegExp]>([
    ['a changed commit', (lines) => lines.map(commitLine((json) => json.replace('"hasLink":false', '"hasLink":true '))), /the hash of the commit before/],
    ['a commit taken out', (lines) => lines.filter((_, index) => index !== 5), /follows event/],
    ['two commits swapped', (lines) => [...lines.slice(0, 5), lines[6]!, lines[5]!, ...lines.slice(7)], /follows event/],
    ['the covered commits cut off', (lines) => lines.filter((line, index) => index < 8 || 'proof' in line), /covers a commit at seq \d+ that the file does not have/],
    ['the path of another commit', (lines) => lines.map((line) => ('proof' in line ? { proof: { ...line.proof, path: line.proof.path.toReversed() } } : line)), /is not in what was signed/],
    ['a head that was changed', (lines) => lines.map((line) => ('proof' in line ? { proof: { ...line.proof, signed: { ...line.proof.signed, head: { ...line.proof.signed.head, at: '2030-01-01T00:00:00.000Z' } } } } : line)), /the signature does not fit/],
    ['a head of another workspace', (lines) => lines.map((line) => ('proof' in line ? { proof: { ...line.proof, signed: signerOf(key).sign({ ...line.proof.signed.head, ws: 'other' }) } } : line)), /the head is of other/],
    ['signed by nobody known', (lines) => lines.map((line) => ('proof' in line ? { proof: { ...line.proof, signed: signerOf(makeHeadKey()).sign(line.proof.signed.head) } } : line)), /not among those given/],
  ])('%s', async (_, change, expected) => {
    const { findings } = await checkRoomFile(fileWith(rewritten(change)), keys);
    expect(findings.map(({ what }) => what).join('\n')).toMatch(expected);
  });
});

test('what was said is in it only when asked, and what was taken back only when asked twice', async () => {
  const opener = createOpener(vault, 'main');
  const sealed = await exportOf('talk');
  const open = await exportOf('talk', { opener });
  const everything = await exportOf('talk', { opener, withRemoved: true });
  const words = (file: string): string[] => ['first words', 'regretted words', 'better words'].filter((each) => file.includes(each));
  expect([words(sealed), words(open), words(everything)]).toEqual([[], ['better words'], ['first words', 'regretted words', 'better words']]);
  expect(await checkRoomFile(fileWith(open), keys)).toMatchObject({ texts: 1, keys: 0, findings: [] });
  const withKeys = linesOf(await exportOf('talk', { vault, withRemoved: true })).filter((line) => 'key' in line);
  expect(withKeys).toMatchObject([{ key: { k: expect.stringContaining(`m:${author}:`), key: expect.stringMatching(/^.{43}$/) } }]);
});

test('a room goes back where it is missing, byte for byte, and nowhere else', async () => {
  const file = fileWith(gzipSync(text));
  const stream = linesOf(text).flatMap((line) => ('parley' in (line as object) ? [(line as unknown as { stream: string }).stream] : []))[0]!;
  await expect(importRoomFile(nc, 'main', file, keys)).rejects.toThrow('has a room taken already');
  await expect(importRoomFile(nc, 'other', file, keys)).rejects.toThrow('The room is of the workspace main');
  await expect(importRoomFile(nc, 'main', fileWith(rewritten((lines) => lines.filter((_, index) => index !== 5))), keys)).rejects.toThrow('is not whole, nothing was written');
  const all = await messagesOf(nc, stream);
  const subject = subjectOf({ kind: 'room', id: 'taken' });
  const had = all.filter((message) => message.subject === subject).map(({ bytes }) => bytes);
  await rewriteStream(nc, stream, all.filter((message) => message.subject !== subject));
  expect(await importRoomFile(nc, 'main', file, keys)).toMatchObject({ commits: 13 });
  expect((await messagesOf(nc, stream)).filter((message) => message.subject === subject).map(({ bytes }) => bytes)).toEqual(had);
  expect(gunzipSync(readFileSync(file)).toString()).toBe(text);
});
