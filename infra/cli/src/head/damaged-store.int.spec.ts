import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { streamOf } from '@parley/contracts/wire/partition';
import { type Nats, startNats } from '@parley/dev/servers/nats';
import { followStream, streamState } from '@parley/kernel/event-store/read-stream';
import { connectNats } from '@parley/kernel/nats/connect';
import { provisionStreams } from '@parley/kernel/nats/provision';
import { PlainRoom } from '@parley/tests/harness/plain-log';
import { messagesOf } from '@parley/tests/harness/rewrite-stream';
import { makeHeadKey } from '../commands/head.ts';
import { checkLog } from '../verify/check-log.ts';
import { checkHeads } from './check-heads.ts';
import { signHeads } from './notary.ts';
import { headKeysOf, publicKeySetOf, signerOf } from './signed-head.ts';

/**
 * Goal: what happens to the files below the server's feet is found and named, nothing false is read, and a copy brings
 * all back. Method: a server of our own; its files are damaged while it is stopped; before each test they are put back.
 */
const restoreMsMax = 5 * 60_000;
let dir: string;
let nats: Nats;
let nc: NatsConnection;
const key = makeHeadKey();
const room = new PlainRoom('shaken');
const stream = streamOf(room.aggregate);
const { signal } = new AbortController();
const store = (): string => join(dir, 'nats', 'store');
const streamFolder = (): string => join(store(), 'jetstream', '$G', 'streams', stream);
const blocks = (): string[] => readdirSync(join(streamFolder(), 'msgs')).filter((file) => file.endsWith('.blk')).map((file) => join(streamFolder(), 'msgs', file)).toSorted((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
const heads = async () => (await checkHeads({ nc, ws: 'main', folder: join(dir, 'heads'), keys: headKeysOf(publicKeySetOf(key), 'test'), signal })).find((each) => each.stream === stream)!;
const verified = async () => (await checkLog(nc, 'main', { signal })).findings.filter((finding) => finding.stream === stream);

/** Stops the server, does something to its files, starts it again. */
async function whileStopped(work: () => void): Promise<void> {
  await nc.close();
  await nats.stop();
  work();
  await nats.restart();
  nc = await connectNats({ url: nats.url, name: 'test' });
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-store-'));
  nats = await startNats({ dir: join(dir, 'nats') });
  nc = await connectNats({ url: nats.url, name: 'test' });
  await provisionStreams(nc, { replicas: 1 });
  for (let index = 0; index < 40; index += 1) await jetstream(nc).publish(room.subject, room.next(2));
  await signHeads({ nc, ws: 'main', signer: signerOf(key), folders: [join(dir, 'heads')], signal });
  await whileStopped(() => cpSync(store(), join(dir, 'copy'), { recursive: true }));
}, 180_000);
afterAll(async () => {
  await nc?.close();
  await nats?.stop();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => whileStopped(putBack));
function putBack(): void {
  rmSync(store(), { recursive: true, force: true });
  cpSync(join(dir, 'copy'), store(), { recursive: true });
}

/** A bit in the middle of the message's text, not in the frame around it. */
function flipBit(file: string, find: string): void {
  const bytes = readFileSync(file);
  const at = bytes.lastIndexOf(find) + 2;
  bytes[at] = (bytes[at] ?? 0) ^ 0x01;
  writeFileSync(file, bytes);
}

const everything = async () => [await verified(), (await heads()).findings] as const;

describe('is found and named by verify and by the heads:', () => {
  test('a bit in a commit in the middle of the last block', async () => {
    const before = await messagesOf(nc, stream);
    await whileStopped(() => {
      const bytes = readFileSync(blocks().at(-1)!);
      const at = bytes.indexOf('"ordinal":21,') + 3;
      bytes[at] = (bytes[at] ?? 0) ^ 0x01;
      writeFileSync(blocks().at(-1)!, bytes);
    });
    const after = await messagesOf(nc, stream);
    // Whatever the server still gives is what was stored: it may lose, it does not lie.
    after.forEach((message) => expect(before.some(({ bytes }) => Buffer.from(bytes).equals(message.bytes))).toBe(true));
    const [chain, signed] = await everything();
    console.log('bit in the middle:', after.length, 'of', before.length, 'messages readable;', JSON.stringify(chain), JSON.stringify(signed));
    expect(chain.length).toBeGreaterThan(0);
    expect(signed.length).toBeGreaterThan(0);
  });

  test('a bit in the very last commit', async () => {
    await whileStopped(() => flipBit(blocks().at(-1)!, '"hasLink"'));
    const signed = (await heads()).findings;
    console.log('bit in the last commit:', JSON.stringify(signed));
    expect(signed.map(({ what }) => what).join()).toMatch(/the tail is cut at seq 40|seq 40/);
  });

  test('a block that was cut short', async () => {
    await whileStopped(() => truncateSync(blocks().at(-1)!, Math.floor(statSync(blocks().at(-1)!).size / 2)));
    const signed = (await heads()).findings;
    console.log('block cut short:', JSON.stringify(signed));
    expect(signed.map(({ what }) => what).join()).toMatch(/the tail is cut|is gone/);
  });

  test('a block that is gone', async () => {
    await whileStopped(() => rmSync(blocks().at(-1)!));
    expect((await heads()).findings.map(({ what }) => what).join()).toMatch(/the tail is cut|is gone/);
  });
});

test('the state of consumers may be lost: readers make their own and miss nothing', async () => {
  const before = (await messagesOf(nc, stream)).length;
  const read: number[] = [];
  const reader = await connectNats({ url: nats.url, name: 'reader' });
  const following = (async () => {
    for await (const batch of followStream(reader, stream, 1, { batchMessagesMax: 5 })) {
      read.push(...batch.map(({ seq }) => seq));
      // The server goes and comes back without its consumers while the reader is in the middle.
      if (read.length === 5) await whileStopped(() => rmSync(join(streamFolder(), 'obs'), { recursive: true, force: true }));
      if (read.length >= before) return;
    }
  })();
  await following;
  await reader.close();
  expect(read).toEqual(Array.from({ length: before }, (_, index) => index + 1));
  expect(await everything()).toEqual([[], []]);
});

test('a copy brings back all that was stored when it was made, within minutes', async () => {
  await jetstream(nc).publish(room.subject, new PlainRoom('shaken').next(1));
  const { lastSeq } = await streamState(nc, stream);
  await whileStopped(() => truncateSync(blocks().at(-1)!, 100));
  const begun = performance.now();
  await whileStopped(putBack);
  const [chain, signed] = await everything();
  const ms = Math.round(performance.now() - begun);
  const back = await streamState(nc, stream);
  console.log(`restored from a copy and proven whole in ${ms} ms; lost what came after the copy: ${lastSeq - back.lastSeq} of ${lastSeq} commits`);
  expect([chain, signed]).toEqual([[], []]);
  expect(ms).toBeLessThan(restoreMsMax);
  expect(existsSync(join(dir, 'copy'))).toBe(true);
});
