import type { UserId } from '@parley/contracts/ids';
import type { MemberView, MessageView, MyRoomView, NoteView, UserView } from '@parley/contracts/queries/views';
import type { CommitFrame } from '@parley/contracts/realtime/frames';
import type { OutboxEntry } from './outbox-entry.ts';

/** Messages are kept in pages of fixed places: page k holds ordinals k·100 + 1 … k·100 + 100. */
export const pageMessagesMax = 100;
/** Pages kept per room; the farthest from the reader's place go first. */
export const pagesPerRoomMax = 60;
/** Newest frames kept per room, so that a page which was read a little earlier can be brought up to date. */
export const recentFramesMax = 256;
/** Rooms whose frames are kept although the room itself is not loaded yet. */
export const earlyRoomsMax = 64;
/** Rooms remembered as ended. */
export const endedRoomsMax = 256;
/** Unread counts stop here: "999+". */
export const unreadMax = 1_000;

export type ConnectionState =
  /** Before `connect` and after `close`. */
  | { readonly state: 'idle' }
  | { readonly state: 'connecting'; readonly attempt: number }
  /** `total` is known only where the gateway says it. */
  | { readonly state: 'catching-up'; readonly done: number; readonly total?: number }
  | { readonly state: 'live'; readonly gateway: string; readonly roundTripMs?: number }
  | { readonly state: 'offline'; readonly retryAtMs: number; readonly code?: number }
  /** Coming back the same way cannot help: sign in again, or update. */
  | { readonly state: 'closed'; readonly code: number; readonly reason: string };

export type Page = {
  readonly index: number;
  /** By place: `messages[ordinal - 1 - index * 100]`; undefined where not loaded. */
  readonly messages: readonly (MessageView | undefined)[];
  /** What else happened, ascending by `n`; a note hangs on the message after it. */
  readonly notes: readonly NoteView[];
};

export type MemberList = { readonly list: readonly MemberView[]; /** Room event up to which it is folded. */ readonly n: number; readonly complete: boolean };

export type RoomEntry = {
  /** Exactly what `my-rooms` would answer now. */
  readonly room: MyRoomView;
  /** Number of the last event that was folded from frames or came with the load; a frame must begin right after it. */
  readonly n: number;
  /** Ordinal of the last message up to event `n`; `room` may have been read later than that. */
  readonly ordinal: number;
  /** Ascending by index. */
  readonly pages: readonly Page[];
  /** null until asked for. */
  readonly members: MemberList | null;
  /** Newest frames, ascending; without a hole between them unless `hole`. */
  readonly recent: readonly CommitFrame[];
  /** Ordinal that the reader looks at; pages are kept around it. */
  readonly anchor: number;
  /** The newest page was loaded once: from then on frames keep the end of the timeline true. */
  readonly tail: boolean;
  /** A frame is missing: what is shown is being read again. */
  readonly hole: boolean;
};

export type Typing = { readonly userId: UserId; readonly n: number; readonly untilMs: number };

/** What the state cannot know by itself; the loader asks the queries for it. */
export type Needs = {
  readonly list: boolean;
  /** Whole rooms: entered, or with a hole. */
  readonly rooms: ReadonlySet<string>;
  /** Rooms of which only the summary (unread, mentions) must be asked. */
  readonly summaries: ReadonlySet<string>;
  readonly users: ReadonlySet<string>;
};

export type ClientState = {
  readonly me: UserId | null;
  readonly connection: ConnectionState;
  /** False until the list of rooms was loaded once. */
  readonly loaded: boolean;
  readonly rooms: ReadonlyMap<string, RoomEntry>;
  readonly users: ReadonlyMap<string, UserView>;
  /** Names that a person is about to have. */
  readonly pendingNames: ReadonlyMap<string, string>;
  readonly typing: ReadonlyMap<string, readonly Typing[]>;
  /** Nobody here is offline: who is, is left out. */
  readonly presence: ReadonlyMap<string, 'active' | 'idle'>;
  /** How far others have read, in rooms that are open. */
  readonly receipts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Commands that the log has not confirmed yet, oldest first. */
  readonly outbox: readonly OutboxEntry[];
  /** Rooms that ended for me, with the event that ended them: an answer from before it must not bring them back. */
  readonly ended: ReadonlyMap<string, number>;
  /** Rooms that I came into and that are not loaded yet, with the event at which they were entered: an answer from before it is not the last word. */
  readonly entered: ReadonlyMap<string, number>;
  /** Frames of rooms that are not loaded. */
  readonly early: ReadonlyMap<string, readonly CommitFrame[]>;
  readonly needs: Needs;
  /** Events that this build does not know, by type. */
  readonly unsupported: ReadonlyMap<string, number>;
};

export const initialState: ClientState = {
  me: null, connection: { state: 'idle' }, loaded: false, rooms: new Map(), users: new Map(), pendingNames: new Map(), typing: new Map(), presence: new Map(),
  receipts: new Map(), outbox: [], ended: new Map(), entered: new Map(), early: new Map(), needs: { list: false, rooms: new Set(), summaries: new Set(), users: new Set() }, unsupported: new Map(),
};

/** The entry of a table under a name that came from outside: never something of Object's prototype. */
export function own<V>(table: Readonly<Record<string, V>>, key: string): V | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** A copy with one key set. */
export function withKey<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

/** A copy without a key; the same map where it was not there. */
export function withoutKey<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  if (!map.has(key)) return map;
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}

/** Remembers that a room ended for me with event `n`; forgets the longest ago past the bound. */
export function withEnded(ended: ReadonlyMap<string, number>, roomId: string, n: number): ReadonlyMap<string, number> {
  const copy = new Map(ended);
  copy.delete(roomId);
  copy.set(roomId, n);
  for (const oldest of copy.keys()) {
    if (copy.size <= endedRoomsMax) break;
    copy.delete(oldest);
  }
  return copy;
}

export function withMember<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  return set.has(item) ? set : new Set(set).add(item);
}

export function withoutMember<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  if (!set.has(item)) return set;
  const copy = new Set(set);
  copy.delete(item);
  return copy;
}
