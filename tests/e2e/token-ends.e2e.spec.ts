import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '@parley/client/client';
import { signIn } from '@parley/client/http';
import { closeCodes } from '@parley/contracts/realtime/close-codes';
import { tokenGraceMs } from '@parley/contracts/realtime/limits';
import WebSocket from 'ws';
import { ChatSocket } from '../harness/chat-socket.ts';
import { Constellation } from '../harness/constellation.ts';
import { readEventStream } from '../harness/event-stream.ts';

const tokenSeconds = 4;
let chat: Constellation;
beforeAll(async () => { chat = await Constellation.start({ env: { gateway: { TOKEN_SECONDS: String(tokenSeconds) } } }); }, 120_000);
afterAll(() => chat?.stop());

test('a connection ends with its token; who renews it in time stays, and nobody else’s token helps', async () => {
  const [ann, bob, cat, dan] = await Promise.all(['ends-ann', 'ends-bob', 'ends-cat', 'ends-dan'].map((name) => chat.signIn(name)));
  const begun = performance.now();
  const states: string[] = [];
  const client = createClient({ url: chat.url(), getToken: async (refresh) => (refresh ? (await signIn(chat.url(), { name: 'ends-ann' })).token : ann!.token), WebSocket: WebSocket as never });
  client.state.subscribe(() => { const { state } = client.state.getSnapshot().connection; if (states.at(-1) !== state) states.push(state); });
  client.connect();
  const idle = await ChatSocket.open({ url: chat.url(), token: bob!.token });
  const thief = await ChatSocket.open({ url: chat.url(), token: cat!.token });
  const stream = readEventStream(chat.url(), dan!.token, { untilMs: 60_000, until: (lines) => lines.some((line) => line.includes('goaway')) });
  expect(idle.welcome?.expiresAt).toBeGreaterThan(Date.now());
  thief.sendRaw(JSON.stringify({ type: 'renew', token: bob!.token }));
  thief.sendRaw(JSON.stringify({ type: 'renew', token: 'x.y.z' }));
  await thief.until(() => thief.frames.filter(({ type }) => type === 'error').length === 2, 5_000, 'two refusals');
  expect(thief.frames.filter(({ type }) => type === 'error').map((frame) => (frame as { problem: { code: string } }).problem.code)).toEqual(['forbidden', 'unauthenticated']);
  for (const socket of [idle, thief]) {
    await socket.until(() => socket.closed !== undefined, tokenSeconds * 1_000 + tokenGraceMs + 8_000, 'the close').catch(() => {});
    expect(socket.closed).toEqual({ code: closeCodes.unauthenticated, reason: 'token-expired' });
  }
  const tookMs = performance.now() - begun;
  expect(tookMs).toBeGreaterThan(tokenSeconds * 1_000 + tokenGraceMs - 3_000);
  expect((await stream).join('\n')).toContain('4401 token-expired');
  // Four lives of a token later the client is still on its first connection.
  expect(states.filter((state) => state === 'connecting').length).toBeLessThanOrEqual(1);
  expect(client.state.getSnapshot().connection.state).toBe('live');
  await expect(ChatSocket.open({ url: chat.url(), token: bob!.token })).rejects.toThrow(/4401/);
  await client.close();
}, 90_000);

test('a session goes on as the person it began with, or not at all', async () => {
  const [eve, fay] = [await signIn(chat.url(), { name: 'ends-eve' }), await signIn(chat.url(), { name: 'ends-fay' })];
  expect(await signIn(chat.url(), { name: 'Ends-Eve', userId: eve.userId })).toMatchObject({ userId: eve.userId });
  for (const name of ['ends-fay', 'ends-nobody']) await expect(signIn(chat.url(), { name, userId: eve.userId })).rejects.toMatchObject({ problem: { code: 'unauthenticated', status: 401 } });
  await expect(signIn(chat.url(), { name: 'ends-fay', userId: 'nobody' })).rejects.toMatchObject({ problem: { code: 'invalid' } });
  expect((await signIn(chat.url(), { name: 'ends-fay', userId: fay.userId })).cursor).toBeUndefined();
  // Nobody was registered by asking; this does.
  expect((await signIn(chat.url(), { name: 'ends-nobody' })).cursor).toEqual(expect.any(String));
});
