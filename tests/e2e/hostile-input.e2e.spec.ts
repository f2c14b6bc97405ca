import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { closeCodes } from '@parley/contracts/realtime/close-codes';
import { problemCodes } from '@parley/contracts/problems/codes';
import WebSocket from 'ws';
import { ChatSocket } from '../harness/chat-socket.ts';
import { Constellation } from '../harness/constellation.ts';
import { get, newRoom, person, post, type Person } from '../harness/people.ts';
import { unharmed } from '../harness/unharmed.ts';

let chat: Constellation;
let ann: Person;
let roomId: string;
beforeAll(async () => {
  chat = await Constellation.start();
  ann = await person(chat, 'hostile-ann');
  roomId = await newRoom(ann);
  await post(ann, roomId, 'hello');
}, 120_000);
afterAll(() => chat?.stop());

/** Sends a body byte for byte, so that nothing repairs it on the way. */
function raw(path: string, body: string | Buffer, headers: Record<string, string> = {}, method = 'POST'): Promise<{ status: number; type: string; body: any }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(chat.url());
    const sending = request({ hostname, port, path, method, headers: { authorization: `Bearer ${ann.token}`, 'content-type': 'application/json', 'idempotency-key': uuidv7(), 'content-length': String(Buffer.byteLength(body)), ...headers } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        let parsed: unknown;
        try { parsed = JSON.parse(text); } catch { parsed = text; }
        resolve({ status: answer.statusCode ?? 0, type: String(answer.headers['content-type']), body: parsed });
      });
    });
    sending.on('error', reject);
    sending.end(body);
  });
}

const messages = () => `/v1/rooms/${roomId}/messages`;
const halfSurrogate = '{"text":"\\ud800"}';
const nested = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
const bodies: readonly (readonly [string, string])[] = [
  ['no JSON', '{'], ['an array', '[]'], ['a number', '7'], ['null', 'null'], ['an empty body', ''], ['a mistyped field', '{"text":{"a":1}}'],
  ['an empty text', '{"text":""}'], ['U+0000', '{"text":"a\\u0000b"}'], ['half a surrogate', halfSurrogate], ['nesting', nested], ['nesting in a field', `{"text":${nested}}`],
  ['a polluted prototype', '{"text":"x","__proto__":{"polluted":true}}'], ['a polluted constructor', '{"text":"x","constructor":{"prototype":{"polluted":true}}}'],
  ['a field of the log', '{"text":"x","n":1,"ordinal":9,"author":"me","by":"system"}'], ['a huge number', '{"text":1e309}'], ['a duplicate key', '{"text":"x","text":7}'],
  ['a text over the bound', JSON.stringify({ text: 'x'.repeat(8_001) })], ['a body over the bound', JSON.stringify({ text: 'x'.repeat(200_000) })],
];

const nothingStored = (act: () => Promise<void>) => unharmed(chat, act);

describe('over HTTP', () => {
  test('an address typed in Korean is told how addresses are written', () => nothingStored(async () => {
    const { hostname, port } = new URL(chat.url());
    const socket = connect(Number(port), hostname);
    socket.end('GET /v1/search?q=안녕 HTTP/1.1\r\nhost: parley\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toContain('HTTP/1.1 400');
    expect(answer).toContain('안녕 is %EC%95%88%EB%85%95');
  }));

  test.each(bodies)('%s is refused with a clear problem', (_, body) => nothingStored(async () => {
    const answer = await raw(messages(), body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.type).toContain('application/problem+json');
    expect(problemCodes).toContain(answer.body.code);
    expect(answer.body).toMatchObject({ status: answer.status, title: expect.any(String) });
  }));

  test.each([' text/plain', 'application/json garbage', 'application/jsonx', 'multipart/form-data; boundary=x', ''])('content type %j does not slip past validation', (type) => nothingStored(async () => {
    const answer = await raw(messages(), '{"text":7}', { 'content-type': type });
    expect([400, 415, 422]).toContain(answer.status);
    expect(answer.type).toContain('application/problem+json');
  }));

  test.each(['', 'x', '0190A3B0-1111-7000-8000-00000000ABCD', '*', 'a\tb', 'x'.repeat(5_000)])('idempotency key %j is refused', (key) => nothingStored(async () => {
    const answer = await raw(messages(), '{"text":"x"}', { 'idempotency-key': key });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  }));

  test.each(['/v1/rooms/%00/messages', '/v1/rooms/a.b/messages', '/v1/rooms/*/messages', '/v1/rooms/%3E/messages', `/v1/rooms/${'x'.repeat(300)}/messages`, '/v1/rooms/a%0d%0aPUB/messages', '/v1/%zz', '/v1/nothing', '//v1/ws', '/v1/rooms/..%2f..%2fetc/messages'])('%s is a clear problem', (path) => nothingStored(async () => {
    for (const method of ['GET', 'POST', 'DELETE', 'PATCH']) {
      const answer = await raw(path, method === 'GET' ? '' : '{"text":"x"}', {}, method);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status, `${method} ${path}`).toBeLessThan(500);
      expect(answer.type).toContain('application/problem+json');
    }
  }));

  test.each(['before=-1', 'before=NaN', 'before=9007199254740993', 'limit=0', 'limit=1000000', 'after=nonsense', 'before=1&since=2', 'around=1e400', 'nope=1'])('history?%s is a clear problem', async (query) => {
    const answer = await get(chat, ann.token, `${messages()}?${query}`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(problemCodes).toContain(answer.body.code);
  });
});

describe('over a socket', () => {
  const frames: readonly (readonly [string, string])[] = [
    ['no JSON', '{'], ['an array', '[]'], ['null', 'null'], ['a frame without a type', '{}'], ['a type that is an object', '{"type":{}}'], ['a type of a prototype', '{"type":"__proto__"}'],
    ['a command without an id', '{"type":"command","command":{"type":"join-room","roomId":"x"}}'], ['nesting', nested], ['a polluted prototype', '{"type":"ping","t":1,"__proto__":{"polluted":true}}'],
    ['half a surrogate', `{"type":"command","id":"${uuidv7()}","command":{"type":"post-message","roomId":"x","text":"\\ud800"}}`],
    ['a command of services', `{"type":"command","id":"${uuidv7()}","command":{"type":"take-number","counterId":"guests","userId":"x"}}`],
    ['a hostile room', `{"type":"typing","roomId":"a.*.>","n":0}`], ['a huge number', '{"type":"ping","t":1e999}'],
  ];
  test.each(frames)('%s is answered with an error frame or a close', (_, frame) => nothingStored(async () => {
    const socket = await ChatSocket.open({ url: chat.url(), token: ann.token });
    socket.sendRaw(frame);
    await socket.until(() => socket.closed !== undefined || socket.frames.some(({ type }) => type === 'error' || type === 'pong'), 5_000, 'an answer').catch(() => {});
    expect(socket.closed !== undefined || socket.frames.some(({ type }) => type === 'error' || type === 'pong')).toBe(true);
    socket.close();
  }));

  test('a frame over the bound, binary rubbish and a flood end that socket alone', () => nothingStored(async () => {
    const neighbour = await ChatSocket.open({ url: chat.url(), token: ann.token });
    for (const bad of ['x'.repeat(200_000), Buffer.alloc(1_000, 0xff)]) {
      const socket = await ChatSocket.open({ url: chat.url(), token: ann.token });
      socket.sendRaw(bad);
      await socket.until(() => socket.closed !== undefined || socket.frames.some(({ type }) => type === 'error'), 5_000, 'an end').catch(() => {});
      expect(socket.closed !== undefined || socket.frames.some(({ type }) => type === 'error')).toBe(true);
      socket.close();
    }
    neighbour.sendRaw('{"type":"ping","t":1}');
    await neighbour.until(() => neighbour.frames.some(({ type }) => type === 'pong'), 5_000, 'a pong');
    neighbour.close();
  }));

  test('a hello that is late, large or false is closed with its code', async () => {
    const opened = (): Promise<WebSocket> => new Promise((resolve, reject) => {
      const socket = new WebSocket(`${chat.url().replace('http', 'ws')}/v1/ws`, 'parley.v1');
      socket.once('open', () => resolve(socket));
      socket.once('error', reject);
    });
    const codeAfter = async (data: string | undefined) => {
      const socket = await opened();
      const closed = new Promise<number>((resolve) => { socket.once('close', resolve); });
      if (data !== undefined) socket.send(data);
      return closed;
    };
    expect(await codeAfter(JSON.stringify({ type: 'hello', token: 'x'.repeat(100) }))).toBe(closeCodes.unauthenticated);
    expect(await codeAfter('{"type":"ping","t":1}')).toBe(closeCodes.malformed);
    expect([closeCodes.tooLarge, 1009]).toContain(await codeAfter(JSON.stringify({ type: 'hello', token: 'x'.repeat(6_000) })));
    expect(await codeAfter(undefined)).toBe(closeCodes.helloTimeout);
  }, 30_000);

  test('a page of another origin may not connect', async () => {
    for (const origin of ['https://evil.example', 'null', `${chat.url()}.evil.example`]) {
      const status = await new Promise<number>((resolve) => {
        const socket = new WebSocket(`${chat.url().replace('http', 'ws')}/v1/ws`, 'parley.v1', { origin });
        socket.once('unexpected-response', (_, answer) => resolve(answer.statusCode ?? 0));
        socket.once('open', () => resolve(101));
        socket.on('error', () => {});
      });
      expect(status, origin).toBe(403);
    }
  });
});
