import type { Command } from '@parley/contracts/registry/commands';
import type { AckFrame, CommitFrame, FrameEvent, ServerFrame, WelcomeFrame } from '@parley/contracts/realtime/frames';
import { subprotocol } from '@parley/contracts/realtime/frames';
import type { Problem } from '@parley/contracts/problems/codes';
import { v7 as uuidv7 } from 'uuid';
import WebSocket from 'ws';
import type { z } from 'zod';

/** How one command ended, as the socket was told. `unknown`: no answer, or one that asks to repeat. */
export type Outcome =
  | { readonly ended: 'ok'; readonly ack: z.infer<typeof AckFrame> }
  | { readonly ended: 'refused'; readonly problem: Problem }
  | { readonly ended: 'unknown'; readonly why: string };

export type Seen = { readonly roomId: string; readonly n: number; readonly event: FrameEvent; readonly gap: boolean };

/** What a socket keeps: every frame as text, the events alone, or (for crowds) the events' numbers alone. */
export type Keep = 'frames' | 'events' | 'numbers';

const ANSWER_MS_MAX = 12_000;

/**
 * One signed-in socket that speaks the protocol by itself, so that proofs do not rest on the client library.
 * It keeps what it was told to; `seen` are the events of commit frames in the order of arrival.
 */
export class ChatSocket {
  readonly frames: ServerFrame[] = [];
  readonly seen: Seen[] = [];
  /** Numbers of the events of each room, in the order of arrival; kept whatever else is. */
  readonly numbers = new Map<string, number[]>();
  readonly raw: string[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  cursor: string | undefined;
  welcome: z.infer<typeof WelcomeFrame> | undefined;
  readonly #socket: WebSocket;
  readonly #keep: Keep;
  /** Whoever waits for an answer to an id; the same id may be asked about several times at once. */
  readonly #waiting = new Map<string, ((outcome: Outcome) => void)[]>();
  readonly #watchers = new Set<() => void>();
  #catchingUp = true;

  private constructor(socket: WebSocket, keep: Keep) {
    this.#socket = socket;
    this.#keep = keep;
    socket.on('message', (data: Buffer) => this.#onMessage(data.toString('utf8')));
    socket.on('close', (code, reason) => this.#onClose(code, reason.toString()));
    socket.on('error', () => {});
  }

  /** Connects, says hello and waits for `welcome` (and, for a resume, for `live`). Rejects when the socket closes first. */
  static async open(options: { url: string; token: string; cursor?: string; keep?: Keep; untilLive?: boolean; /** Whom to trust, in PEM; absent: the system. */ ca?: string }): Promise<ChatSocket> {
    const socket = new WebSocket(`${options.url.replace(/^http/, 'ws')}/v1/ws`, subprotocol, { perMessageDeflate: false, ...(options.ca !== undefined && { ca: options.ca }) });
    const chat = new ChatSocket(socket, options.keep ?? 'frames');
    socket.once('open', () => socket.send(JSON.stringify({ type: 'hello', token: options.token, ...(options.cursor && { cursor: options.cursor }) })));
    await chat.until(() => chat.welcome !== undefined, 15_000, 'welcome');
    if (options.untilLive !== false) await chat.until(() => !chat.#catchingUp, 30_000, 'live');
    return chat;
  }

  #onMessage(text: string): void {
    const frame = JSON.parse(text) as ServerFrame;
    if (this.#keep === 'frames') {
      this.raw.push(text);
      this.frames.push(frame);
    }
    switch (frame.type) {
      case 'welcome':
        this.welcome = frame;
        this.#catchingUp = frame.resume === 'resumed';
        if (frame.resume !== 'resumed') this.cursor = frame.cursor;
        break;
      case 'live':
        this.#catchingUp = false;
        this.cursor = frame.cursor;
        break;
      case 'commit':
        this.cursor = frame.cursor;
        this.#onCommit(frame);
        break;
      case 'entered':
        this.cursor = frame.cursor;
        break;
      case 'ack':
        this.#settle(frame.id, { ended: 'ok', ack: frame });
        break;
      case 'error':
        if (frame.id) this.#settle(frame.id, outcomeOf(frame.problem as Problem));
        break;
      default:
        break;
    }
    for (const watcher of [...this.#watchers]) watcher();
  }

  #onCommit(frame: z.infer<typeof CommitFrame>): void {
    if (frame.kind !== 'room') return;
    let numbers = this.numbers.get(frame.id);
    if (!numbers) this.numbers.set(frame.id, (numbers = []));
    for (const event of frame.events) {
      numbers.push(event.n);
      if (this.#keep !== 'numbers') this.seen.push({ roomId: frame.id, n: event.n, event, gap: this.#catchingUp });
    }
  }

  #onClose(code: number, reason: string): void {
    this.closed = { code, reason };
    for (const settle of [...this.#waiting.values()].flat()) settle({ ended: 'unknown', why: `socket closed ${code}` });
    for (const watcher of [...this.#watchers]) watcher();
  }

  #settle(id: string, outcome: Outcome): void {
    this.#waiting.get(id)?.[0]?.(outcome);
  }

  /** Sends a command and waits for its answer; never rejects. */
  send(command: Command | Record<string, unknown>, id: string = uuidv7()): Promise<Outcome> {
    if (this.closed || this.#socket.readyState !== WebSocket.OPEN) return Promise.resolve({ ended: 'unknown', why: 'socket is closed' });
    return new Promise((resolve) => {
      const settle = (outcome: Outcome) => {
        clearTimeout(timer);
        const left = (this.#waiting.get(id) ?? []).filter((other) => other !== settle);
        if (left.length > 0) this.#waiting.set(id, left);
        else this.#waiting.delete(id);
        resolve(outcome);
      };
      const timer = setTimeout(() => settle({ ended: 'unknown', why: 'no answer' }), ANSWER_MS_MAX);
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), settle]);
      this.#socket.send(JSON.stringify({ type: 'command', id, command }));
    });
  }

  sendRaw(data: string | Buffer): void {
    this.#socket.send(data);
  }

  /** Waits for a fact about this socket; rejects when it did not come true within `msMax`. */
  until(fact: () => boolean, msMax: number, what: string): Promise<void> {
    if (fact()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (error?: Error) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        if (error) reject(error);
        else resolve();
      };
      const look = () => {
        if (fact()) end();
        else if (this.closed) end(new Error(`socket closed (${this.closed.code} ${this.closed.reason}) while waiting for ${what}`));
      };
      const timer = setTimeout(() => end(new Error(`${what} did not come within ${msMax} ms`)), msMax);
      this.#watchers.add(look);
    });
  }

  /** Calls `look` after every frame; returns what ends that. */
  onFrame(look: () => void): () => void {
    this.#watchers.add(look);
    return () => void this.#watchers.delete(look);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Cuts the connection without a close frame, as a lost network does. */
  cut(): void {
    this.#socket.terminate();
  }

  close(): void {
    this.#socket.close(1000);
  }

  eventsOf(roomId: string, type?: string): FrameEvent[] {
    return this.seen.filter((seen) => seen.roomId === roomId && (type === undefined || seen.event.type === type)).map(({ event }) => event);
  }
}

function outcomeOf(problem: Problem): Outcome {
  return problem.status >= 500 || problem.code === 'rate-limited' ? { ended: 'unknown', why: problem.code } : { ended: 'refused', problem };
}
