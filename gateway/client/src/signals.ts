import type { CommitFrame, ServerFrame } from '@parley/contracts/realtime/frames';
import { typingShownMs } from '@parley/contracts/realtime/limits';
import { type ClientState, type Typing, withKey, withoutKey } from './state.ts';

type TypingSignal = Extract<ServerFrame, { type: 'typing' }>;
type PresenceSignal = Extract<ServerFrame, { type: 'presence' }>;

/** Shows that somebody types, unless what they typed has come already: the signal carries the last number they had seen. */
export function foldTyping(state: ClientState, { roomId, userId, n }: TypingSignal, nowMs: number): ClientState {
  if (userId === state.me || !state.rooms.has(roomId) || hasPostedAfter(state, roomId, userId, n)) return state;
  const others = (state.typing.get(roomId) ?? []).filter((typing) => typing.userId !== userId);
  return { ...state, typing: withKey(state.typing, roomId, [...others, { userId, n, untilMs: nowMs + typingShownMs }]) };
}

function hasPostedAfter(state: ClientState, roomId: string, userId: string, n: number): boolean {
  const frames = state.rooms.get(roomId)?.recent ?? [];
  return frames.some((frame) => frame.events.some((event) => event.n > n && event.type === 'message.posted' && event.data['author'] === userId));
}

/** A message ends its author's typing. */
export function stopTyping(state: ClientState, frame: CommitFrame): ClientState {
  const typing = state.typing.get(frame.id);
  if (!typing) return state;
  const authors = new Set(frame.events.flatMap(({ type, data }) => (type === 'message.posted' ? [data['author']] : [])));
  return withTyping(state, frame.id, typing.filter(({ userId }) => !authors.has(userId)));
}

/** Ends what is over by now. */
export function typingAfter(state: ClientState, nowMs: number): ClientState {
  let next = state;
  for (const [roomId, typing] of state.typing) {
    const still = typing.filter(({ untilMs }) => untilMs > nowMs);
    if (still.length < typing.length) next = withTyping(next, roomId, still);
  }
  return next;
}

function withTyping(state: ClientState, roomId: string, typing: readonly Typing[]): ClientState {
  return { ...state, typing: typing.length === 0 ? withoutKey(state.typing, roomId) : withKey(state.typing, roomId, typing) };
}

export function foldPresence(state: ClientState, users: PresenceSignal['users']): ClientState {
  const presence = new Map(state.presence);
  for (const { userId, state: now } of users) {
    if (now === 'offline') presence.delete(userId);
    else presence.set(userId, now);
  }
  return { ...state, presence };
}

/** Receipts only move forward. */
export function foldReceipt(state: ClientState, roomId: string, userId: string, n: number): ClientState {
  const receipts = state.receipts.get(roomId) ?? new Map<string, number>();
  if ((receipts.get(userId) ?? 0) >= n) return state;
  return { ...state, receipts: withKey(state.receipts, roomId, withKey(receipts, userId, n)) };
}
