import { existsSync } from 'node:fs';
import { join as path } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '@parley/dev/paths';
import { Constellation } from '../harness/constellation.ts';
import { parley } from '../harness/parley.ts';
import { readLog } from '../harness/read-log.ts';

const real = path(ROOT, '..', 'shared', 'data', 'irc-ubuntu', 'train.tar.gz');

let chat: Constellation;
beforeAll(async () => { chat = await Constellation.start(); }, 120_000);
afterAll(() => chat?.stop());

test('the whole archive imports in one run, verifies, and imports again as nothing', async () => {
  const archive = existsSync(real) ? real : path(chat.servers.dir, 'archive');
  if (!existsSync(real)) {
    console.log('the #ubuntu archive is not here: running on a generated one of the same form and size');
    expect((await parley(chat, ['import', 'generate', archive])).code).toBe(0);
  }
  const first = await parley(chat, ['import', 'irc', archive, '--room', 'ubuntu', '--json']);
  expect(first.code, first.stderr).toBe(0);
  const imported = JSON.parse(first.stdout.trim().split('\n').at(-1)!);
  console.log(`import: ${JSON.stringify(imported)}`);
  expect(imported.lines).toBeGreaterThanOrEqual(200_000);
  const events = (await readLog(chat.servers.natsUrl)).flatMap((commit) => commit.events).filter(({ type }) => type === 'message.posted');
  expect(events).toHaveLength(imported.added);
  const lines = new Set(events.map(({ data }) => JSON.stringify(data['source'])));
  expect(lines.size).toBe(events.length);
  await chat.settled();
  const verified = await parley(chat, ['verify', '--rows', '--json']);
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  const again = await parley(chat, ['import', 'irc', archive, '--room', 'ubuntu', '--json']);
  expect(again.code, again.stderr).toBe(0);
  expect(JSON.parse(again.stdout.trim().split('\n').at(-1)!)).toMatchObject({ added: 0 });
  expect((await readLog(chat.servers.natsUrl)).flatMap((commit) => commit.events).filter(({ type }) => type === 'message.posted')).toHaveLength(imported.added);
}, 600_000);
