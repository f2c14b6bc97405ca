import type { ServerFrame } from '@parley/contracts/realtime/frames';
import type { Action } from './actions.ts';
import type { ClientOptions, Store, TokenSource } from './api.ts';
import { Connection } from './connection.ts';
import { createQueries, type Queries } from './http.ts';
import { Loader } from './loader.ts';
import { memoryOutbox, Outbox, type OutboxOptions } from './outbox.ts';
import { ProblemError } from './problem-error.ts';
import { reduce } from './reducer.ts';
import { createServerClock, type ServerClock } from './server-clock.ts';
import { type ClientState, initialState } from './state.ts';
import { createStore } from './store.ts';
import { Sync } from './sync.ts';
import { createUuidV7 } from './uuidv7.ts';

/** What a person has on screen: told to each new gateway again. */
export type Shown = { rooms: readonly string[]; presence: 'active' | 'idle' | undefined };

/** The parts of a client, joined. */
export type Wiring = {
  readonly store: Store<ClientState>;
  readonly dispatch: (action: Action) => void;
  readonly queries: Queries;
  readonly clock: ServerClock;
  readonly newId: () => string;
  readonly loader: Loader;
  readonly outbox: Outbox;
  readonly sync: Sync;
  readonly connection: Connection;
  readonly shown: Shown;
  readonly listeners: Set<(frame: ServerFrame) => void>;
};

/** Joins the parts; nothing runs yet. */
export function wire(options: ClientOptions, getToken: TokenSource): Wiring {
  const { now = Date.now, random = Math.random } = options;
  const clock = createServerClock(now);
  const newId = createUuidV7(clock.now);
  const store = createStore(initialState);
  const listeners = new Set<(frame: ServerFrame) => void>();
  const queries = createQueries({ url: options.url, getToken, fetch: options.fetch, random, cursor: () => sync.heardCursor });
  const shown: Shown = { rooms: [], presence: undefined };

  const dispatch = (action: Action): void => {
    store.set(reduce(store.getSnapshot(), action));
    loader.serve();
    if (action.type === 'list-loaded' || action.type === 'room-loaded') outbox.sweep();
  };
  const loader = new Loader({ queries, dispatch, getState: store.getSnapshot, cursor: () => sync.heardCursor, openRooms: () => shown.rooms, random });
  const outbox: Outbox = new Outbox({
    store: options.storage ?? memoryOutbox(), newId, serverNow: clock.now, random,
    transmit: (id, command) => connection.send({ type: 'command', id: id as never, command }),
    findMessage: finder(queries, () => sync.heardCursor),
    isFolded: (command, ack) => {
      const state = store.getSnapshot();
      const entry = 'roomId' in command && command.roomId !== undefined ? state.rooms.get(command.roomId) : undefined;
      return entry ? entry.n >= ack.n + ack.events - 1 : state.loaded;
    },
    onPut: (entry) => dispatch({ type: 'outbox-put', entry }),
    onRemoved: (key) => dispatch({ type: 'outbox-removed', key }),
  });
  const sync = new Sync({
    dispatch, loader, outbox, now, random, clock, cursorStore: options.cursorStore,
    onFrame: (frame) => {
      for (const listener of [...listeners]) listener(frame);
    },
    onWelcome: () => tellShown(connection, shown),
  });
  const connection: Connection = new Connection({
    url: options.url, getToken, WebSocket: options.WebSocket ?? (globalThis.WebSocket as never), clock, now, random, name: options.name,
    cursor: () => sync.resumeCursor, onFrame: (frame) => sync.receive(frame), onState: (state) => sync.connectionChanged(state),
  });
  return { store, dispatch, queries, clock, newId, loader, outbox, sync, connection, shown, listeners };
}

function tellShown(connection: Connection, { rooms, presence }: Shown): void {
  if (rooms.length > 0) connection.send({ type: 'open', rooms: rooms as never });
  if (presence) connection.send({ type: 'presence', state: presence });
}

/** Looks for a message by its id, as the outbox asks. */
function finder(queries: Queries, cursor: () => string | undefined): OutboxOptions['findMessage'] {
  return async (roomId, messageId) => {
    try {
      const { data, position } = await queries.message({ roomId, messageId, after: cursor() });
      const { n, seq, at } = data.message;
      return { id: messageId, n, events: 1, seq, at, cursor: position, roomId };
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status === 404) return undefined;
      throw error;
    }
  };
}
