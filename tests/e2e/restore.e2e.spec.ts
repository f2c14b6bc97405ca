import { cp, rm } from 'node:fs/promises';
import { join as pathOf } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ChatSocket } from '../harness/chat-socket.ts';
import { Constellation } from '../harness/constellation.ts';
import { get, join, newRoom, person, post, type Person } from '../harness/people.ts';
import { parley } from '../harness/parley.ts';

/** Goal: after the log was lost and put back from a copy, an operator with the CLI alone has a Parley that is right, and nobody is shown a mixture. Method: the steps of infra/docs/deploy.md, in their order. */
let chat: Constellation;
let ann: Person;
let roomId: string;
const services = ['gateway', 'query-service', 'command-service', 'projectors'] as const;
beforeAll(async () => {
  chat = await Constellation.start();
  ann = await person(chat, 'restore-ann');
  roomId = await newRoom(ann);
  for (let count = 1; count <= 20; count += 1) await post(ann, roomId, `kept ${count}`);
  await chat.settled();
}, 180_000);
afterAll(() => chat?.stop());

const operator = async (...args: string[]) => {
  const { code, stdout, stderr } = await parley(chat, args);
  return { code, said: `${stdout}${stderr}` };
};
const texts = async (): Promise<string[]> => (await get(chat, ann.token, `/v1/rooms/${roomId}/messages?limit=50`)).body.data.messages.map(({ text }: { text: string }) => text);

test('a copy of the store is put back, proven, told apart from the log of before, and rebuilt', async () => {
  const { nats, dir } = chat.servers;
  const [store, copy, heads] = [pathOf(nats.dir, 'store'), pathOf(dir, 'copy'), pathOf(dir, 'heads')];
  await nats.stop();
  await cp(store, copy, { recursive: true });
  await nats.restart();
  const kim = await person(chat, 'restore-kim');
  await join(kim, roomId);
  const last = await post(kim, roomId, 'said after the copy was made');
  await ann.socket.until(() => ann.socket.eventsOf(roomId).some(({ n }) => n === last.n), 20_000, 'the last word');
  const { cursor } = ann.socket;
  expect(await operator('head', 'sign', '--to', heads)).toMatchObject({ code: 0 });

  for (const name of services) await chat.kill(name);
  await nats.kill('SIGKILL');
  await rm(store, { recursive: true });
  await cp(copy, store, { recursive: true });
  await nats.restart();

  expect(await operator('verify', '--full')).toMatchObject({ code: 0, said: expect.stringContaining('whole') });
  // What the copy lacks is named by what was signed outside of it.
  expect(await operator('head', 'check', '--heads', heads)).toMatchObject({ code: 1, said: expect.stringMatching(/EVT_\d+.* tail/) });
  // Unasked it is not done, and what is asked for is said.
  expect(await operator('log', 'restored')).toMatchObject({ code: 2, said: expect.stringContaining('Add --yes') });
  expect(await operator('log', 'restored', '--yes')).toMatchObject({ code: 0, said: expect.stringMatching(/This is log \w{8} now; it was \w{8}/) });

  for (const name of services.toReversed()) if (name !== 'projectors') await chat.restart(name);
  await chat.restart('projectors');
  expect(await operator('log', 'restored', '--yes')).toMatchObject({ code: 2, said: expect.stringContaining('still decides by the log of before') });
  expect((await operator('doctor')).said).toContain('of another epoch');
  expect(await operator('rebuild', 'all')).toMatchObject({ code: 0, said: expect.stringContaining('swapped in') });
  await chat.settled();

  ann = await person(chat, 'restore-ann');
  const back = await ChatSocket.open({ url: chat.url(), token: ann.token, ...(cursor !== undefined && { cursor }) });
  expect(back.welcome?.resume).toBe('reset');
  expect(await texts()).toEqual(Array.from({ length: 20 }, (_, index) => `kept ${index + 1}`));
  await post(ann, roomId, 'and on we go');
  await chat.settled();
  expect((await texts()).at(-1)).toBe('and on we go');
  expect(await operator('verify', '--rows')).toMatchObject({ code: 0 });
  const { said } = await operator('doctor');
  expect(said).toContain('all is well');
}, 300_000);
