import { mayReconnect } from '@parley/contracts/realtime/close-codes';
import { firstFrameMsMax, heartbeatGraceMs, heartbeatMs } from '@parley/contracts/realtime/limits';
import type { ClientFrame, ServerFrame } from '@parley/contracts/realtime/frames';
import type { SocketConstructor, SocketLike, TokenSource } from './api.ts';
import { waitMs } from './backoff.ts';
import { ProblemError } from './problem-error.ts';
import type { ServerClock } from './server-clock.ts';

/** Same as the contract's; that file would bring its schemas into a page. */
export const subprotocol = 'parley.v1';
const unauthenticatedCode = 4401;
const serviceRestartCode = 1012;
/** A connection that lived this long was a good one: the next attempt starts from the shortest wait. */
const stableMs = 10_000;
/** Opening, hello and welcome together. */
const welcomeMsMax = 2 * firstFrameMsMax;
const goAwayMsMax = 15_000;
/** A token is renewed so long before its end; of a short-lived one, when a fifth of its time is left. */
const renewBeforeMsMax = 60_000;
const timerMsMax = 2 ** 31 - 1;

export type ConnectionOptions = {
  readonly url: string;
  readonly getToken: TokenSource;
  readonly WebSocket: SocketConstructor;
  readonly clock: ServerClock;
  readonly now: () => number;
  readonly random: () => number;
  readonly name?: string | undefined;
  /** Where to resume from, undefined for a fresh start. */
  readonly cursor: () => string | undefined;
  readonly onFrame: (frame: ServerFrame) => void;
  readonly onState: (state: { readonly state: 'connecting'; readonly attempt: number } | { readonly state: 'offline'; readonly retryAtMs: number; readonly code?: number } | { readonly state: 'closed'; readonly code: number; readonly reason: string } | { readonly state: 'idle' }) => void;
};

/**
 * One socket at a time, made again whenever it is lost and that may help: jittered, doubling waits; heartbeats; a word
 * of "go elsewhere" is followed without loss. Speaks `hello` and hands everything else on.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  #socket: SocketLike | undefined;
  #attempt = 0;
  #wanted = false;
  #welcomed = false;
  #welcomedAtMs = 0;
  #refreshToken = false;
  #helloSentAtMs = 0;
  #heartbeatEveryMs = heartbeatMs;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #welcomeTimer: ReturnType<typeof setTimeout> | undefined;
  #heartTimer: ReturnType<typeof setTimeout> | undefined;
  #goAwayTimer: ReturnType<typeof setTimeout> | undefined;
  #renewTimer: ReturnType<typeof setTimeout> | undefined;
  #expiresAt = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  connect(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#attempt = 0;
    this.#open();
  }

  close(): void {
    this.#wanted = false;
    this.#drop(1000);
    clearTimeout(this.#retryTimer);
    this.#options.onState({ state: 'idle' });
  }

  /** Attempts at once instead of waiting. */
  retryNow(): void {
    if (!this.#wanted || this.#socket) return;
    clearTimeout(this.#retryTimer);
    this.#open();
  }

  /** Sends a frame; false while there is no welcomed connection. */
  send(frame: ClientFrame): boolean {
    if (!this.#welcomed || this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #open(): void {
    this.#attempt += 1;
    this.#welcomed = false;
    this.#options.onState({ state: 'connecting', attempt: this.#attempt });
    const address = new URL('/v1/ws', this.#options.url);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new this.#options.WebSocket(address.href, subprotocol);
    this.#socket = socket;
    this.#welcomeTimer = setTimeout(() => this.#lost(socket, 4408, 'no welcome in time'), welcomeMsMax);
    // A socket that was given up goes on talking: each listener asks whether it is still the one.
    socket.addEventListener('open', () => {
      // A session that is over is not over any less later; everything else may pass.
      this.#hello(socket).catch((error: unknown) => this.#lost(socket, isRefusal(error) ? unauthenticatedCode : 1006, 'no token'));
    });
    socket.addEventListener('message', ({ data }: { data: unknown }) => {
      if (socket === this.#socket && typeof data === 'string') this.#receive(data);
    });
    socket.addEventListener('close', ({ code, reason }: { code?: number; reason?: unknown }) => this.#lost(socket, code ?? 1006, typeof reason === 'string' ? reason : ''));
    // Every error is followed by a close.
    socket.addEventListener('error', () => {});
  }

  async #hello(socket: SocketLike): Promise<void> {
    const token = await this.#options.getToken(this.#refreshToken);
    if (socket !== this.#socket || socket.readyState !== 1) return;
    const cursor = this.#options.cursor();
    this.#helloSentAtMs = this.#options.now();
    const { name } = this.#options;
    socket.send(JSON.stringify({ type: 'hello', token, ...(cursor !== undefined && { cursor }), ...(name !== undefined && { client: name }) }));
  }

  #receive(text: string): void {
    this.#beat();
    const frame = parseFrame(text);
    if (!frame) return;
    const { now, clock } = this.#options;
    if (frame.type === 'welcome') {
      clearTimeout(this.#welcomeTimer);
      clock.learn(this.#helloSentAtMs, now(), frame.serverTime);
      this.#heartbeatEveryMs = frame.heartbeatMs;
      this.#welcomed = true;
      this.#refreshToken = false;
      this.#welcomedAtMs = now();
      this.#beat();
      this.#expiresAt = 0;
      if (frame.expiresAt !== undefined) this.#renewBefore(frame.expiresAt);
    } else if (frame.type === 'renewed') {
      this.#renewBefore(frame.expiresAt);
    } else if (frame.type === 'pong') {
      clock.learn(frame.t, now(), frame.serverTime);
    } else if (frame.type === 'goaway') {
      // Ten thousand sockets of one gateway must not arrive at the others in one moment.
      this.#goAwayTimer ??= setTimeout(() => this.#lost(this.#socket, serviceRestartCode, frame.reason), Math.min(goAwayMsMax, Math.max(0, frame.afterMs)) * this.#options.random());
    }
    this.#options.onFrame(frame);
  }

  /** Hands in a fresh token before this one ends. Where there is none to be had the gateway closes, and that is seen to then. */
  #renewBefore(expiresAt: number): void {
    // A source that gives the same token again has no other.
    if (expiresAt <= this.#expiresAt) return;
    this.#expiresAt = expiresAt;
    const leftMs = expiresAt - this.#options.clock.now();
    const socket = this.#socket;
    clearTimeout(this.#renewTimer);
    this.#renewTimer = setTimeout(() => {
      Promise.resolve(this.#options.getToken(true)).then((token) => {
        if (socket === this.#socket) this.send({ type: 'renew', token });
      }, () => {});
    }, Math.min(timerMsMax, Math.max(0, leftMs - Math.min(renewBeforeMsMax, leftMs / 5))));
  }

  /** Something was heard: ask again after a while, and give up if nothing comes. */
  #beat(): void {
    clearTimeout(this.#heartTimer);
    const socket = this.#socket;
    if (!this.#welcomed) return;
    this.#heartTimer = setTimeout(() => {
      this.send({ type: 'ping', t: this.#options.now() });
      this.#heartTimer = setTimeout(() => this.#lost(socket, 4009, 'no answer to a heartbeat'), heartbeatGraceMs);
    }, this.#heartbeatEveryMs);
  }

  #lost(socket: SocketLike | undefined, code: number, reason: string): void {
    if (!socket || socket !== this.#socket) return;
    const { now, random, onState } = this.#options;
    const wasRefreshed = this.#refreshToken;
    if (this.#welcomed && now() - this.#welcomedAtMs > stableMs) this.#attempt = 0;
    this.#drop(code === 1000 || code >= 3000 ? code : 1000);
    if (!this.#wanted) return;
    // A token that has just run out is no reason to give up: one new one is tried.
    this.#refreshToken = code === unauthenticatedCode;
    if (!mayReconnect(code) && !(code === unauthenticatedCode && !wasRefreshed)) {
      this.#wanted = false;
      onState({ state: 'closed', code, reason });
      return;
    }
    const ms = code === serviceRestartCode && this.#attempt <= 1 ? Math.round(waitMs(1, random) * random()) : waitMs(Math.max(1, this.#attempt), random);
    onState({ state: 'offline', retryAtMs: now() + ms, code });
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#open(), ms);
  }

  #drop(code: number): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#welcomed = false;
    for (const timer of [this.#welcomeTimer, this.#heartTimer, this.#goAwayTimer, this.#renewTimer]) clearTimeout(timer);
    this.#goAwayTimer = undefined;
    if (!socket) return;
    try {
      // Browsers allow 1000 and 3000 to 4999 alone.
      socket.close(code);
    } catch {
      // It was never open; nothing is left to close.
    }
  }
}

/** Whether who was asked for a token said that there is none for this person any more. */
const isRefusal = (error: unknown): boolean => error instanceof ProblemError && (error.problem.status === 401 || error.code === 'erased');

/** Reads a frame; undefined for what is not one. Frames of a newer gateway that are not known here are passed over. */
export function parseFrame(text: string): ServerFrame | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    return typeof frame === 'object' && frame !== null && knownFrames.has((frame as ServerFrame).type) ? (frame as ServerFrame) : undefined;
  } catch {
    return undefined;
  }
}

const knownFrames: ReadonlySet<string> = new Set(['welcome', 'commit', 'entered', 'ack', 'error', 'typing', 'presence', 'receipt', 'goaway', 'live', 'pong', 'renewed'] satisfies ServerFrame['type'][]);
