import type { ServerFrame } from '@parley/contracts/realtime/frames';
import type { ClientCommand } from './commands.ts';
import type { Queries } from './http.ts';
import type { Ack, OutboxStore } from './outbox-entry.ts';
import type { ClientState } from './state.ts';

/** The part of a WebSocket that is used: the browser's, Node's own, and `ws` have it. */
export type SocketLike = {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: never) => void): void;
};
export type SocketConstructor = new (url: string, protocols?: string | string[]) => SocketLike;

/** Asks for a token; `refresh` after the last one was refused. */
export type TokenSource = (refresh: boolean) => string | Promise<string>;

/** Where a program that must miss nothing keeps its cursor over a restart. Pages do not need it: they load anew. */
export type CursorStore = { load(): Promise<string | undefined>; save(cursor: string): Promise<void> };

export type ClientOptions = {
  /** Origin of a gateway: `https://chat.example.org`. */
  readonly url: string;
  readonly token?: string;
  readonly getToken?: TokenSource;
  readonly WebSocket?: SocketConstructor;
  readonly fetch?: typeof fetch;
  /** Default: memory. */
  readonly storage?: OutboxStore;
  readonly cursorStore?: CursorStore;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** 0 ≤ x < 1; waits are jittered with it. */
  readonly random?: () => number;
  /** Named in the gateway's logs, ≤ 100 characters. */
  readonly name?: string;
};

/** Fits React's `useSyncExternalStore(store.subscribe, store.getSnapshot)`. */
export type Store<S> = { readonly getSnapshot: () => S; readonly subscribe: (listener: () => void) => () => void };

export type Rooms = {
  /** Loads what is missing of ordinals `from` to `to` (both included, at most 400) and remembers the place. Rejects with ProblemError. */
  load(roomId: string, from: number, to: number): Promise<void>;
  /** Loads the newest page, or does nothing where it is there. */
  loadTail(roomId: string): Promise<void>;
  /** Loads all members (at most 10,000); live events keep the list true from then on. */
  loadMembers(roomId: string): Promise<void>;
  /** Loads people who are not known yet, by id. */
  loadUsers(userIds: readonly string[]): Promise<void>;
};

export type Client = {
  readonly state: Store<ClientState>;
  /** Connects and stays connected until `close`. */
  connect(): void;
  close(): Promise<void>;
  /** Does not wait for the next attempt. */
  retryNow(): void;
  /**
   * Queues a command, shows it at once, sends it as soon as possible and repeats it under the same id until there is an
   * answer. Resolves when it is in the log; rejects with ProblemError when it was refused (typed texts then stay in the
   * outbox as failed). A caller may ignore the promise.
   */
  send(command: ClientCommand): Promise<Ack>;
  readonly outbox: {
    /** Sends a failed command again, under the same id. */
    retry(key: string): Promise<Ack>;
    /** Replaces the text of a failed command; goes as a new command. */
    edit(key: string, text: string): Promise<Ack>;
    discard(key: string): void;
  };
  readonly rooms: Rooms;
  /** Everything up to event `n` was read: shown at once, sent at most every 3 s. */
  markRead(roomId: string, n: number): void;
  /** Says "typing", at most every 3 s. */
  typing(roomId: string): void;
  setPresence(state: 'active' | 'idle'): void;
  /** Rooms on screen, at most 4. */
  openRooms(roomIds: readonly string[]): void;
  readonly queries: Queries;
  /** Every frame as it comes, for programs that react to events. */
  onFrame(listener: (frame: ServerFrame) => void): () => void;
  /** The server's clock, milliseconds since 1970. */
  serverNow(): number;
  /** A new command or room id, stamped with the server's clock. */
  newId(): string;
};
