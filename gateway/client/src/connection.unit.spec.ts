import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { problem } from '@parley/contracts/problems/codes';
import type { ServerFrame } from '@parley/contracts/realtime/frames';
import type { SocketLike } from './api.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { ProblemError } from './problem-error.ts';
import { createServerClock } from './server-clock.ts';

/** The other end of a socket, in memory. */
class Wire implements SocketLike {
  static all: Wire[] = [];
  readyState = 0;
  readonly sent: Record<string, unknown>[] = [];
  readonly #listeners = new Map<string, (event: never) => void>();
  closedWith: number | undefined;
  readonly url: string;
  readonly protocol: string;
  constructor(url: string, protocol?: string | string[]) {
    this.url = url;
    this.protocol = String(protocol);
    Wire.all.push(this);
  }
  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, listener);
  }
  #tell(type: string, event: object): void {
    this.#listeners.get(type)?.(event as never);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(code?: number): void {
    this.readyState = 3;
    this.closedWith = code;
  }
  async open(): Promise<void> {
    this.readyState = 1;
    this.#tell('open', {});
    await vi.advanceTimersByTimeAsync(0);
  }
  hear(frame: object): void {
    this.#tell('message', { data: JSON.stringify(frame) });
  }
  lose(code: number): void {
    this.readyState = 3;
    this.#tell('close', { code, reason: '' });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  Wire.all = [];
});
afterEach(() => {
  vi.useRealTimers();
});

function make(options: Partial<ConnectionOptions> = {}) {
  const states: string[] = [];
  const frames: ServerFrame[] = [];
  const asked: boolean[] = [];
  const connection = new Connection({
    url: 'http://gateway:1/', WebSocket: Wire, clock: createServerClock(Date.now), now: Date.now, random: () => 0.5, cursor: () => undefined,
    getToken: (refresh) => {
      asked.push(refresh);
      return 'token';
    },
    onFrame: (frame) => frames.push(frame), onState: ({ state }) => states.push(state), ...options,
  });
  return { connection, states, frames, asked, last: () => Wire.all.at(-1)! };
}
const welcome = () => ({ type: 'welcome', userId: 'u', serverTime: Date.now(), cursor: 'c', gateway: 'g', resume: 'fresh', heartbeatMs: 25_000 });
async function welcomed(made: ReturnType<typeof make>): Promise<Wire> {
  await made.last().open();
  made.last().hear(welcome());
  return made.last();
}

test('says hello with token and cursor, under the subprotocol', async () => {
  const made = make({ cursor: () => 'c1.e.1', name: 'spec' });
  made.connection.connect();
  expect([made.last().url, made.last().protocol]).toEqual(['ws://gateway:1/v1/ws', 'parley.v1']);
  await made.last().open();
  expect(made.last().sent).toEqual([{ type: 'hello', token: 'token', cursor: 'c1.e.1', client: 'spec' }]);
  expect(made.connection.send({ type: 'ping', t: 1 })).toBe(false);
  made.last().hear(welcome());
  expect(made.connection.send({ type: 'ping', t: 1 })).toBe(true);
});

test('attempts come with growing waits of which half is chance', async () => {
  const made = make();
  made.connection.connect();
  for (const ms of [188, 375, 750, 1_500, 3_000, 6_000, 11_250, 11_250]) {
    made.last().lose(1006);
    const before = Wire.all.length;
    await vi.advanceTimersByTimeAsync(ms - 2);
    expect(Wire.all.length).toBe(before);
    await vi.advanceTimersByTimeAsync(4);
    expect(Wire.all.length).toBe(before + 1);
  }
});

test('a good connection makes the next wait short again; "try now" does not wait', async () => {
  const made = make();
  made.connection.connect();
  for (let loss = 0; loss < 6; loss += 1) {
    made.last().lose(1006);
    await vi.advanceTimersByTimeAsync(20_000);
  }
  await welcomed(made);
  await vi.advanceTimersByTimeAsync(11_000);
  made.last().lose(1006);
  const before = Wire.all.length;
  await vi.advanceTimersByTimeAsync(200);
  expect(Wire.all.length).toBe(before + 1);
  made.last().lose(1006);
  made.connection.retryNow();
  expect(Wire.all.length).toBe(before + 2);
});

describe('heartbeats', () => {
  test('an answer keeps the socket, silence ends it', async () => {
    const made = make();
    made.connection.connect();
    const wire = await welcomed(made);
    await vi.advanceTimersByTimeAsync(25_000);
    expect(wire.sent.at(-1)).toMatchObject({ type: 'ping' });
    wire.hear({ type: 'pong', t: Date.now(), serverTime: Date.now(), cursor: 'c' });
    await vi.advanceTimersByTimeAsync(25_000 + 9_900);
    expect(wire.closedWith).toBeUndefined();
    await vi.advanceTimersByTimeAsync(200);
    expect(wire.closedWith).toBe(4009);
    expect(made.states.at(-1)).toBe('offline');
  });
  test('no welcome in time is no connection', async () => {
    const made = make();
    made.connection.connect();
    await made.last().open();
    await vi.advanceTimersByTimeAsync(10_100);
    expect(made.states).toContain('offline');
  });
});

test('"go elsewhere" is followed within the time given, without waiting long', async () => {
  const made = make();
  made.connection.connect();
  const wire = await welcomed(made);
  wire.hear({ type: 'goaway', afterMs: 4_000, reason: 'restart' });
  await vi.advanceTimersByTimeAsync(1_900);
  expect(wire.closedWith).toBeUndefined();
  await vi.advanceTimersByTimeAsync(400);
  expect(Wire.all).toHaveLength(2);
});

describe('closing codes', () => {
  test.each([4403, 4400, 4413])('%i ends it', async (code) => {
    const made = make();
    made.connection.connect();
    await welcomed(made);
    made.last().lose(code);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([made.states.at(-1), Wire.all.length]).toEqual(['closed', 1]);
  });
  test('a token that ran out is renewed once', async () => {
    const made = make();
    made.connection.connect();
    await welcomed(made);
    made.last().lose(4401);
    await vi.advanceTimersByTimeAsync(300);
    await made.last().open();
    expect(made.asked).toEqual([false, true]);
    made.last().lose(4401);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(made.states.at(-1)).toBe('closed');
  });
  test.each([['unauthenticated', 'closed'], ['erased', 'closed'], ['unavailable', 'offline']] as const)('a token that is not to be had because of %s: %s', async (code, state) => {
    const made = make({ getToken: () => Promise.reject(new ProblemError(problem(code))) });
    made.connection.connect();
    // Once more, with a new token asked for, as when one ran out.
    await made.last().open();
    await vi.advanceTimersByTimeAsync(300);
    await made.last().open();
    expect(made.states.at(-1)).toBe(state);
    made.connection.close();
  });
  test('a token is renewed on the open socket before it ends, as long as there are newer ones', async () => {
    const made = make();
    made.connection.connect();
    await made.last().open();
    made.last().hear({ ...welcome(), expiresAt: Date.now() + 10_000 });
    const renewals = () => made.last().sent.filter(({ type }) => type === 'renew');
    await vi.advanceTimersByTimeAsync(7_900);
    expect(renewals()).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect([made.asked, renewals()]).toEqual([[false, true], [{ type: 'renew', token: 'token' }]]);
    made.last().hear({ type: 'renewed', expiresAt: Date.now() + 10_000 });
    await vi.advanceTimersByTimeAsync(8_100);
    expect(renewals()).toHaveLength(2);
    // The source has no newer one: asking again would not help.
    const last = Date.now() + 10_000;
    made.last().hear({ type: 'renewed', expiresAt: last });
    made.last().hear({ type: 'renewed', expiresAt: last });
    await vi.advanceTimersByTimeAsync(10_000);
    expect([renewals().length, Wire.all.length]).toEqual([3, 1]);
  });
  test('closing ends it for good', async () => {
    const made = make();
    made.connection.connect();
    await welcomed(made);
    made.connection.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([made.states.at(-1), Wire.all.length, vi.getTimerCount()]).toEqual(['idle', 1, 0]);
  });
});
