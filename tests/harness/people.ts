import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { ChatSocket, type Keep, type Outcome } from './chat-socket.ts';
import type { Constellation, SignedIn } from './constellation.ts';

export type Person = SignedIn & { readonly socket: ChatSocket };

/** Signs somebody in and opens a socket. */
export async function person(chat: Constellation, name: string, options: { gateway?: number; keep?: Keep } = {}): Promise<Person> {
  const signedIn = await chat.signIn(name, options.gateway);
  const socket = await ChatSocket.open({ url: chat.url(options.gateway), token: signedIn.token, keep: options.keep ?? 'frames' });
  return { ...signedIn, socket };
}

/** Fails unless the command was accepted; returns the acknowledgement. */
export async function accepted(outcome: Promise<Outcome> | Outcome) {
  const ended = await outcome;
  assert.equal(ended.ended, 'ok', JSON.stringify(ended));
  return (ended as Extract<Outcome, { ended: 'ok' }>).ack;
}

/** Makes a room owned by `owner`; returns its id. */
export async function newRoom(owner: Person, kind: 'public' | 'private' = 'public', history: 'all' | 'since-join' = 'all', name = 'a room'): Promise<string> {
  const roomId = uuidv7();
  await accepted(owner.socket.send({ type: 'create-room', roomId, kind, name, history, members: [] }));
  return roomId;
}

export const join = (who: Person, roomId: string) => accepted(who.socket.send({ type: 'join-room', roomId }));

/** Posts and returns what addresses the message: its id, number and sequence. */
export async function post(who: Person, roomId: string, text: string) {
  const messageId = uuidv7();
  const ack = await accepted(who.socket.send({ type: 'post-message', roomId, text }, messageId));
  return { messageId, n: ack.n, seq: ack.seq, cursor: ack.cursor };
}

/** GET with a token; the parsed body beside the status. */
export async function get(chat: Constellation, token: string, path: string, gateway = 0): Promise<{ status: number; body: any; text: string }> {
  const answer = await fetch(`${chat.url(gateway)}${path}`, { headers: { authorization: `Bearer ${token}` } });
  const text = await answer.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  return { status: answer.status, body, text };
}
