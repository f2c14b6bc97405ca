import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problemCodes } from '@parley/contracts/problems/codes';
import { socketQueueBytesMax, socketsPerUserMax } from '@parley/contracts/realtime/limits';
import { until } from '@parley/dev/until';
import { Constellation } from '../harness/constellation.ts';
import { memoryOf } from '../harness/memory.ts';
import { accepted, join, newRoom, person, post, type Person } from '../harness/people.ts';
import { unharmed } from '../harness/unharmed.ts';

const socketsPerAddress = 40;
let chat: Constellation;
let ann: Person;
let roomId: string;
let sessions: string;
beforeAll(async () => {
  chat = await Constellation.start({ env: { gateway: { FRAMES_PER_SECOND_MAX: '10000', FRAMES_BURST_MAX: '10000', SOCKETS_PER_ADDRESS_MAX: String(socketsPerAddress) } } });
  ann = await person(chat, 'stream-ann');
  roomId = await newRoom(ann);
  await post(ann, roomId, 'hello');
  sessions = ann.token;
}, 120_000);
afterAll(() => chat?.stop());

type Answer = { readonly status: number; readonly type: string; readonly text: string; readonly body: any };

/** Sends bytes as they are and reads until the answer is whole, or an event stream has said its first frame. */
function ask(head: string | Buffer): Promise<Answer> {
  const { hostname, port } = new URL(chat.url());
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(head));
    let text = '';
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const [top = '', ...rest] = text.split('\r\n\r\n');
      const json = /\{.*\}/s.exec(rest.join('\r\n\r\n'))?.[0] ?? 'null';
      let body: unknown;
      try { body = JSON.parse(json); } catch { body = undefined; }
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(top)?.[1] ?? 0), type: /^content-type: (.*)$/im.exec(top)?.[1] ?? '', text, body });
    };
    const timer = setTimeout(() => reject(new Error(`no whole answer within 8 s: ${text.slice(0, 300)}`)), 8_000);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const length = /content-length: (\d+)/i.exec(text)?.[1];
      const whole = length !== undefined && text.length - text.indexOf('\r\n\r\n') - 4 >= Number(length);
      if (whole || text.includes('"type":"welcome"') || text.includes('"type":"goaway"')) end();
    });
    socket.on('close', end);
    socket.on('error', end);
  });
}
const lines = (path: string, headers: readonly string[], method = 'GET') => [`${method} ${path} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n');
const signed = (...more: string[]) => [`Authorization: Bearer ${sessions}`, 'Accept: text/event-stream', ...more];

function expectProblem(answer: Answer, what: string): void {
  expect(answer.status, what).toBeGreaterThanOrEqual(400);
  expect(answer.status, what).toBeLessThan(500);
  expect(answer.type, what).toContain('application/problem+json');
  expect(problemCodes, what).toContain(answer.body?.code);
}

describe('an event stream', () => {
  const cursors = ['*', '>', 'a.b', '__proto__', 'null', '-1', '0'.repeat(300), 'c1.x.*', 'c1..', `c1.${'e'.repeat(40)}.${Array.from({ length: 20 }, () => '9007199254740993').join('-')}`, '%00', '{"a":1}', '../../etc/passwd', 'ÿþ'];
  test('given a cursor that is none of ours begins anew and says so, in the header and in the address', () => unharmed(chat, async () => {
    for (const cursor of cursors) {
      for (const head of [lines('/v1/events', signed(`Last-Event-ID: ${cursor}`)), lines(`/v1/events?cursor=${encodeURIComponent(cursor)}`, signed())]) {
        const answer = await ask(Buffer.from(head, 'latin1'));
        expect(answer.status, cursor).toBe(200);
        expect(answer.text, cursor).toMatch(/"resume":"reset".*"reason":"[^"]+"/);
      }
    }
  }), 60_000);

  test('refuses cursors over the bound and parameters it does not know', () => unharmed(chat, async () => {
    expectProblem(await ask(lines('/v1/events', signed(`Last-Event-ID: ${'x'.repeat(501)}`))), 'a long header');
    for (const query of [`cursor=${'x'.repeat(501)}`, 'cursor=a&cursor=b', 'nope=1', '__proto__=1', 'constructor=1', 'cursor[]=1', `${'x'.repeat(300)}=1`]) {
      expectProblem(await ask(lines(`/v1/events?${query}`, signed())), query);
    }
  }), 30_000);

  test('refuses tokens that are none', () => unharmed(chat, async () => {
    const tokens = ['', 'x', '*', '.'.repeat(2_000), 'a.b.c', `${sessions}x`, sessions.slice(0, -2), `${sessions} ${sessions}`, '__proto__', 'ÿ'.repeat(100)];
    for (const token of tokens) expectProblem(await ask(Buffer.from(lines('/v1/events', [`Authorization: Bearer ${token}`]), 'latin1')), token);
    expectProblem(await ask(lines('/v1/events', [])), 'no token');
    expectProblem(await ask(lines('/v1/events', [`Authorization: Basic ${sessions}`])), 'another scheme');
    expectProblem(await ask(lines(`/v1/events?token=${sessions}`, [])), 'a token in the address');
  }), 30_000);

  test('refuses what is hardly HTTP: NUL, bare CR, doubled lengths, other methods', () => unharmed(chat, async () => {
    for (const header of ['Last-Event-ID: a\0b', 'Last-Event-ID: a\rb', 'X\0: 1', 'Last-Event-ID : x', 'Content-Length: 5\r\nContent-Length: 6', 'Transfer-Encoding: chunked\r\nContent-Length: 3']) {
      expectProblem(await ask(lines('/v1/events', signed(header))), JSON.stringify(header));
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) expectProblem(await ask(lines('/v1/events', signed('Content-Length: 0'), method)), method);
    for (const path of ['/v1/events/..', '/v1/events%00', '/v1/events/%zz', `/v1/events/${'x'.repeat(300)}`, '/v1/events\\']) expectProblem(await ask(lines(path, signed())), path);
  }), 30_000);

  test('bears thousands of headers', () => unharmed(chat, async () => {
    const many = (count: number, width: number) => Array.from({ length: count }, (_, index) => `x${index}: ${'y'.repeat(width)}`);
    for (let round = 0; round < 20; round += 1) expectProblem(await ask(lines('/v1/events', signed(...many(5_000, 20)))), 'headers over the bound');
    // Small enough to pass: read or refused, but answered.
    const answer = await ask(lines('/v1/events', signed(...many(1_500, 0))));
    expect([200, 431]).toContain(answer.status);
  }), 60_000);
});

/** Opens streams that are never read; resolves when the gateway has answered the last of them. */
async function unread(token: string, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(chat.url());
  const sockets: Socket[] = [];
  for (let index = 0; index < count; index += 1) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.pause();
    socket.write(lines('/v1/events', [`Authorization: Bearer ${token}`]));
    sockets.push(socket);
  }
  return sockets;
}
const metric = async (name: RegExp) => (await (await fetch(`${chat.service('gateway').url}/metrics`)).text()).split('\n').filter((line) => name.test(line)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);

test('streams that are never read cost bounded memory and are ended', async () => {
  const readers = 8;
  const bob = await person(chat, 'stream-bob');
  await join(bob, roomId);
  const sockets = await unread(bob.token, readers);
  await until('the streams', async () => (await metric(/^parley_gateway_event_streams/)) === readers);
  const before = memoryOf(chat.service('gateway').pid);
  const text = '읽지 않는 사람 '.repeat(800);
  await until('the streams to be ended', async () => {
    await Promise.all(Array.from({ length: 25 }, () => accepted(ann.socket.send({ type: 'post-message', roomId, text }))));
    return (await metric(/^parley_gateway_event_streams/)) === 0;
  }, { timeoutMs: 90_000 });
  const grown = memoryOf(chat.service('gateway').pid) - before;
  console.log(`gateway grew by ${(grown / 2 ** 20).toFixed(1)} MB with ${readers} event streams that are never read`);
  // The newest commits are kept too: 64 MB of them.
  expect(grown).toBeLessThan(readers * socketQueueBytesMax + 192 * 2 ** 20);
  expect(await metric(/^parley_gateway_closes_total\{.*code="4008".*format="sse"|^parley_gateway_closes_total\{.*format="sse".*code="4008"/)).toBe(readers);
  for (const socket of sockets) socket.destroy();
}, 120_000);

test('one person and one address have only so many', async () => {
  const cat = await person(chat, 'stream-cat');
  const first = await unread(cat.token, socketsPerUserMax - 1);
  await until('the streams', async () => (await metric(/^parley_gateway_event_streams/)) === socketsPerUserMax - 1);
  expect((await ask(lines('/v1/events', [`Authorization: Bearer ${cat.token}`]))).text).toContain('goaway');
  const dan = await chat.signIn('stream-dan');
  const open = await metric(/^parley_gateway_(sockets|event_streams)/);
  const second = await unread(dan.token, socketsPerAddress - open);
  await until('all there may be', async () => (await metric(/^parley_gateway_(sockets|event_streams)/)) === socketsPerAddress);
  const answer = await ask(lines('/v1/events', [`Authorization: Bearer ${(await chat.signIn('stream-eve')).token}`]));
  expect(answer).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
  for (const socket of [...first, ...second]) socket.destroy();
  await until('room again', async () => (await ask(lines('/v1/events', [`Authorization: Bearer ${dan.token}`]))).status === 200);
}, 60_000);
