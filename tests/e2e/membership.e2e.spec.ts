import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { ChatSocket } from '../harness/chat-socket.ts';
import { assertGapFree } from '../harness/checker.ts';
import { Constellation } from '../harness/constellation.ts';
import { accepted, get, join, newRoom, person, post } from '../harness/people.ts';
import { readEventStream } from '../harness/event-stream.ts';

let chat: Constellation;
beforeAll(async () => { chat = await Constellation.start({ env: { gateway: { FRAMES_PER_SECOND_MAX: '5000', FRAMES_BURST_MAX: '5000' } } }); }, 120_000);
afterAll(() => chat?.stop());

describe('a removal orders against posts', () => {
  test('[post, remove X, post] under load: X never gets the second', async () => {
    const owner = await person(chat, 'removal-owner');
    for (let round = 0; round < 20; round += 1) {
      const roomId = await newRoom(owner);
      const x = await person(chat, `removal-x-${round}`);
      await join(x, roomId);
      // Load around it in the same aggregate, so that whole commits form on both sides of the removal. Commands that are
      // under way together are ordered by the log alone: each acknowledgement says on which side its post fell.
      const post = (index: number) => owner.socket.send({ type: 'post-message', roomId, text: `words ${round}-${index}.` });
      const early = Array.from({ length: 100 }, (_, index) => post(index));
      const removal = owner.socket.send({ type: 'remove-member', roomId, userId: x.userId });
      const late = Array.from({ length: 100 }, (_, index) => post(100 + index));
      const posts = await Promise.all([...early, ...late].map((sent) => accepted(sent)));
      const removed = await accepted(removal);
      const hidden = posts.flatMap(({ n }, index) => (n > removed.n ? `words ${round}-${index}.` : []));
      expect(hidden.length).toBeGreaterThan(0);
      expect(hidden.length).toBeLessThan(posts.length);
      const lastN = Math.max(...posts.map(({ n }) => n));
      await owner.socket.until(() => owner.socket.eventsOf(roomId).some(({ n }) => n === lastN), 10_000, 'the last post');
      await x.socket.until(() => x.socket.eventsOf(roomId, 'room.member-removed').length === 1, 10_000, 'the removal');
      const numbers = x.socket.eventsOf(roomId).map(({ n }) => n);
      assertGapFree(numbers, 'the one who was removed');
      expect(numbers.at(-1)).toBe(removed.n);
      const received = x.socket.raw.join('\n');
      for (const words of hidden) expect(received).not.toContain(words);
      x.socket.close();
    }
    owner.socket.close();
  }, 180_000);

  test('one who joins gets nothing from before, then everything', async () => {
    const owner = await person(chat, 'admission-owner');
    const roomId = await newRoom(owner, 'public', 'since-join');
    await post(owner, roomId, 'before the door opened');
    const y = await person(chat, 'admission-y');
    const joined = await join(y, roomId);
    const later = await post(owner, roomId, 'welcome in');
    await y.socket.until(() => y.socket.eventsOf(roomId).some(({ n }) => n === later.n), 10_000, 'the first post');
    expect(y.socket.frames.filter(({ type }) => type === 'entered')).toMatchObject([{ roomId, n: joined.n }]);
    expect(y.socket.eventsOf(roomId).map(({ n }) => n)).toEqual([later.n]);
    await chat.settled();
    const page = await get(chat, y.token, `/v1/rooms/${roomId}/messages`);
    expect(page.body.data.messages.map(({ text }: { text: string }) => text)).toEqual(['welcome in']);
    expect(y.socket.raw.join('\n') + page.text).not.toContain('before the door opened');
  }, 60_000);
});

describe('strangers get nothing, whichever door', () => {
  const hostile = ['*', '>', 'a.b', 'x'.repeat(300), 'a\r\nPUB x 0', 'nul\u0000', '..', '%2e%2e', '$SYS', 'ｒoom'];

  test('non-members, ex-members and guessed ids', async () => {
    const owner = await person(chat, 'door-owner');
    const roomId = await newRoom(owner, 'private', 'all', 'behind-the-door');
    const secret = `secret-${uuidv7()}`;
    const ex = await person(chat, 'door-ex');
    await accepted(owner.socket.send({ type: 'invite-member', roomId, userId: ex.userId, role: 'member' }));
    await join(ex, roomId);
    const cursorInside = ex.socket.cursor!;
    const removal = await accepted(owner.socket.send({ type: 'remove-member', roomId, userId: ex.userId }));
    await ex.socket.until(() => ex.socket.eventsOf(roomId).some(({ n }) => n === removal.n), 5_000, 'the removal');
    const stranger = await person(chat, 'door-stranger');
    const target = await post(owner, roomId, secret);
    await chat.settled();
    for (const outsider of [stranger, ex]) {
      const known = [];
      for (const id of [roomId, uuidv7(), ...hostile.map(encodeURIComponent)]) {
        for (const path of [`/v1/rooms/${id}/messages`, `/v1/rooms/${id}/members`, `/v1/rooms/${id}/pins`, `/v1/rooms/${id}/receipts`, `/v1/rooms/${id}/messages/${target.messageId}`]) {
          const answer = await get(chat, outsider.token, path);
          // One who left may still read what they could see; never what came after.
          if (outsider === stranger || id !== roomId) expect(answer.status, path).toBeGreaterThanOrEqual(400);
          expect(answer.text).not.toContain(secret);
          if (outsider === stranger && (id === roomId || /^[0-9a-f-]{36}$/.test(id))) known.push(`${answer.status} ${answer.body.code}`);
        }
        for (const command of ['post-message', 'react', 'redact-message', 'edit-message', 'pin-message', 'rename-room', 'remove-member', 'invite-member', 'delete-room', 'archive-room']) {
          const body: Record<string, unknown> = { type: command, roomId: decodeURIComponent(id) };
          if (/react|redact|edit|pin/.test(command)) body['target'] = { messageId: target.messageId, n: target.n, seq: target.seq };
          if (command === 'post-message' || command === 'edit-message') body['text'] = 'let me in';
          if (command === 'react') body['emoji'] = '👍';
          if (command === 'rename-room') body['name'] = 'mine now';
          if (/member/.test(command)) body['userId'] = outsider.userId;
          const outcome = await outsider.socket.send(body);
          expect(outcome.ended, `${command} ${id}: ${JSON.stringify(outcome)}`).toBe('refused');
        }
      }
      // A room that exists and one that does not answer a stranger in the same words.
      expect(new Set(known).size, known.join()).toBeLessThanOrEqual(1);
      expect(outsider.socket.raw.join('\n')).not.toContain(secret);
    }
    const resumed = await ChatSocket.open({ url: chat.url(), token: ex.token, cursor: cursorInside });
    expect(resumed.raw.join('\n')).not.toContain(secret);
    const stream = await readEventStream(chat.url(), ex.token, { cursor: cursorInside, untilMs: 1_500 });
    expect(stream.join('\n')).not.toContain(secret);
    const rooms = await get(chat, stranger.token, '/v1/me/rooms');
    expect(rooms.text).not.toContain(roomId);
    const publicOnes = await get(chat, stranger.token, '/v1/rooms');
    expect(publicOnes.text).not.toContain('behind-the-door');
  }, 180_000);

  test('without a token, or with one that was tampered with, there is nothing but a refusal', async () => {
    const { token } = await chat.signIn('door-token');
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const none = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`;
    const hs = `${Buffer.from('{"alg":"HS256","typ":"at+jwt"}').toString('base64url')}.${payload}.${signature}`;
    const changed = `${header}.${Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: uuidv7() })).toString('base64url')}.${signature}`;
    for (const bad of ['', 'x', none, hs, changed, `${token}x`, 'a'.repeat(50_000)]) {
      const answer = await fetch(`${chat.url()}/v1/me/rooms`, { headers: { authorization: `Bearer ${bad}` } });
      expect([401, 431]).toContain(answer.status);
      if (bad.length < 3_000) {
        await expect(ChatSocket.open({ url: chat.url(), token: bad || '-' })).rejects.toThrow(/4401|4400/);
      }
    }
  }, 60_000);
});
