import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join as path } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Constellation } from '../harness/constellation.ts';
import { accepted, newRoom, person, post } from '../harness/people.ts';

let chat: Constellation;
beforeAll(async () => { chat = await Constellation.start(); }, 120_000);
afterAll(() => chat?.stop());

function* filesOf(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path(folder, entry.name);
    if (entry.isDirectory()) yield* filesOf(full);
    else if (entry.isFile()) yield full;
  }
}

const filesWith = (folder: string, needle: string) => [...filesOf(folder)].filter((file) => statSync(file).size > 0 && readFileSync(file).includes(needle));

test('the store’s files hold no plaintext of a message, a room’s name or a person’s name', async () => {
  const secrets = { text: 'kumquat-marmalade-7741', edited: 'persimmon-vinegar-3310', room: 'quince-committee-2259', person: 'medlar-9083' };
  const owner = await person(chat, secrets.person);
  const roomId = await newRoom(owner, 'private', 'all', secrets.room);
  const target = await post(owner, roomId, secrets.text);
  await accepted(owner.socket.send({ type: 'edit-message', roomId, target: { messageId: target.messageId, n: target.n, seq: target.seq }, text: secrets.edited }));
  await chat.settled();
  // A graceful stop writes snapshots: they must be as silent as the log.
  await chat.kill('command-service', 0, 'SIGTERM');
  const store = chat.servers.nats.dir;
  // The check can fail: what the log does hold in the clear is found.
  expect(filesWith(store, roomId).length).toBeGreaterThan(0);
  for (const secret of Object.values(secrets)) expect(filesWith(store, secret)).toEqual([]);
}, 60_000);
