import { v7 as uuidv7 } from 'uuid';
import { ChatSocket } from './chat-socket.ts';
import type { Sent } from './checker.ts';
import type { Constellation } from './constellation.ts';

/**
 * A person whose socket is opened again, with its cursor, whenever it is lost. Collects, over all of its sockets, the
 * numbers of the room's events in the order in which they came.
 */
export class Reconnecting {
  readonly userId: string;
  readonly numbers = new Map<string, number[]>();
  resets = 0;
  opened = 0;
  readonly #chat: Constellation;
  readonly #token: string;
  readonly #gateways: number;
  #socket: ChatSocket | undefined;
  #opening: Promise<ChatSocket> | undefined;
  #taken = new Map<string, number>();
  #cursor: string | undefined;

  constructor(chat: Constellation, signedIn: { token: string; userId: string }, gateways = 1) {
    this.#chat = chat;
    this.#token = signedIn.token;
    this.userId = signedIn.userId;
    this.#gateways = gateways;
  }

  /** The live socket; opens one if there is none, on the next gateway. Rejects when that fails. */
  socket(): Promise<ChatSocket> {
    if (this.#socket && !this.#socket.closed) return Promise.resolve(this.#socket);
    this.#opening ??= this.#open().finally(() => { this.#opening = undefined; });
    return this.#opening;
  }

  async #open(): Promise<ChatSocket> {
    this.collect();
    const url = this.#chat.url(this.opened % this.#gateways);
    this.opened += 1;
    const socket = await ChatSocket.open({ url, token: this.#token, keep: 'numbers', ...(this.#cursor && { cursor: this.#cursor }) });
    if (socket.welcome?.resume === 'reset') this.resets += 1;
    this.#taken = new Map();
    this.#socket = socket;
    return socket;
  }

  /** Moves what the present socket has seen into `numbers`. */
  collect(): void {
    if (!this.#socket) return;
    for (const [roomId, seen] of this.#socket.numbers) {
      const list = this.numbers.get(roomId) ?? [];
      for (let index = this.#taken.get(roomId) ?? 0; index < seen.length; index += 1) list.push(seen[index]!);
      this.numbers.set(roomId, list);
      this.#taken.set(roomId, seen.length);
    }
    this.#cursor = this.#socket.cursor ?? this.#cursor;
  }

  /** Cuts the line, as a lost network does. */
  cut(): void {
    // Its closing is told later; until then it would pass for live.
    this.collect();
    this.#socket?.cut();
    this.#socket = undefined;
  }

  close(): void {
    this.#socket?.close();
  }
}

/** One send, repeated with the same id until its outcome is known or `msMax` is over; keeps the record for the checker. */
export async function sendKnown(who: Reconnecting, sends: Sent[], roomId: string, index: number, msMax: number): Promise<Sent> {
  const sent: Sent = { commandId: uuidv7(), roomId, sender: who.userId, index, outcome: 'unknown' };
  sends.push(sent);
  const end = performance.now() + msMax;
  while (performance.now() < end) {
    try {
      const outcome = await (await who.socket()).send({ type: 'post-message', roomId, text: `message ${index}` }, sent.commandId);
      if (outcome.ended === 'ok') return Object.assign(sent, { outcome: 'ok', n: outcome.ack.n });
      if (outcome.ended === 'refused') return Object.assign(sent, { outcome: 'refused', why: outcome.problem.code });
    } catch {
      // No gateway to connect to just now: the loop is what a client does about it.
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  return sent;
}
