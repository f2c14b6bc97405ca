import { problem } from '@parley/contracts/problems/codes';
import { markReadEveryMs, typingEveryMs } from '@parley/contracts/realtime/limits';
import type { Client, ClientOptions, Rooms } from './api.ts';
import { ProblemError } from './problem-error.ts';
import { throttle } from './throttle.ts';
import { type Wiring, wire } from './wiring.ts';

export type { Client, ClientOptions, CursorStore, Rooms, SocketConstructor, SocketLike, Store, TokenSource } from './api.ts';

const openRoomsMax = 4;
const tickMs = 1_000;

/**
 * A client of one person at one gateway, for pages, bots and tests: connection, state, outbox and queries in one.
 * Nothing happens before `connect`. Throws TypeError when neither `token` nor `getToken` is given.
 */
export function createClient(options: ClientOptions): Client {
  const { now = Date.now } = options;
  const getToken = options.getToken ?? (options.token === undefined ? undefined : () => options.token as string);
  if (!getToken) throw new TypeError('createClient needs a token or getToken');
  const wiring = wire(options, getToken);
  const { store, dispatch, outbox, connection, shown, listeners, loader } = wiring;
  const running = lifecycle(wiring, now);
  return {
    state: store,
    connect: running.connect,
    close: running.close,
    retryNow: () => connection.retryNow(),
    send: (command) => outbox.add(command),
    outbox: { retry: (key) => outbox.retry(key), edit: (key, text) => outbox.edit(key, text), discard: (key) => outbox.discard(key) },
    rooms: roomsOf(wiring),
    markRead(roomId, n) {
      if (n <= (store.getSnapshot().rooms.get(roomId)?.room.marker ?? 0)) return;
      dispatch({ type: 'marked', roomId, n });
      running.sendMarker(roomId, n);
    },
    typing: running.sendTyping,
    setPresence(state) {
      shown.presence = state;
      connection.send({ type: 'presence', state });
    },
    openRooms(roomIds) {
      if (roomIds.length > openRoomsMax) throw new ProblemError(problem('invalid', { detail: `At most ${openRoomsMax} rooms can be open.` }));
      shown.rooms = [...roomIds];
      connection.send({ type: 'open', rooms: shown.rooms as never });
      for (const roomId of roomIds) loader.receipts(roomId).catch(() => {});
    },
    queries: wiring.queries,
    onFrame(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    serverNow: wiring.clock.now,
    newId: wiring.newId,
  };
}

type Running = { readonly connect: () => void; readonly close: () => Promise<void>; readonly sendMarker: (roomId: string, n: number) => void; readonly sendTyping: (roomId: string) => void };

/** Everything that has a timer. */
function lifecycle({ store, dispatch, connection, sync, loader, outbox }: Wiring, now: () => number): Running {
  const typing = throttle(typingEveryMs, now, (roomId) => connection.send({ type: 'typing', roomId: roomId as never, n: store.getSnapshot().rooms.get(roomId)?.n ?? 0 }), false);
  const markers = throttle<number>(markReadEveryMs, now, (roomId, n) => {
    outbox.add({ type: 'mark-read', roomId, n }).catch(() => {});
  }, true);
  let ticking: ReturnType<typeof setInterval> | undefined;
  return {
    connect() {
      ticking ??= setInterval(() => {
        if (store.getSnapshot().typing.size > 0) dispatch({ type: 'tick', nowMs: now() });
      }, tickMs);
      sync.prepare().then(() => connection.connect(), () => connection.connect());
    },
    async close() {
      clearInterval(ticking);
      ticking = undefined;
      typing.stop();
      markers.flush();
      loader.close();
      sync.stop();
      connection.close();
      outbox.close();
      await sync.saved();
    },
    sendMarker: (roomId, n) => markers.call(roomId, n),
    sendTyping: (roomId) => typing.call(roomId, undefined),
  };
}

function roomsOf({ loader, store }: Wiring): Rooms {
  return {
    load: (roomId, from, to) => loader.range(roomId, from, to),
    loadTail: (roomId) => loader.tail(roomId),
    loadMembers: (roomId) => loader.members(roomId),
    loadUsers: (userIds) => loader.users([...new Set(userIds)].filter((userId) => !store.getSnapshot().users.has(userId))),
  };
}
