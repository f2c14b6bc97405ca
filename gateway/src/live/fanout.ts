import type { Connection } from './connection.ts';
import type { LiveUser } from './live-user.ts';
import type { Outgoing } from './outgoing.ts';
import type { RoomChannel } from './room-channel.ts';
import type { WireFormat } from './wire-format.ts';

/** Under load a flush waits as long as the one before took, at most this: frames gather and share their writes. */
const restMsMax = 4;

export type FanoutObserver = {
  /** Frames leave that were stored at these times (milliseconds since 1970). */
  flushed(items: readonly Outgoing[]): void;
};

/**
 * Writes frames to everybody they concern. What became ready in one turn of the event loop leaves together: one
 * buffer per room, written once per socket. Somebody in several of the rooms gets the frames merged in the hub's
 * order, because each frame's cursor says that everything before it was sent.
 */
export class Fanout {
  readonly #observer: FanoutObserver;
  #rooms: RoomChannel[] = [];
  #users: LiveUser[] = [];
  #flushId = 0;
  #restUntilMs = 0;
  #scheduled: { cancel(): void } | undefined = undefined;

  constructor(observer: FanoutObserver) {
    this.#observer = observer;
  }

  get isEmpty(): boolean {
    return this.#rooms.length === 0 && this.#users.length === 0;
  }

  toRoom(channel: RoomChannel, item: Outgoing): void {
    if (channel.pending.length === 0) this.#rooms.push(channel);
    channel.pending.push(item);
    this.#schedule();
  }

  toUser(user: LiveUser, item: Outgoing): void {
    if (user.own) {
      if (user.own.at(-1) === item) return;
      user.own.push(item);
    } else {
      user.own = [item];
      this.#users.push(user);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    const restMs = this.#restUntilMs - performance.now();
    if (restMs > 0) {
      const timer = setTimeout(() => this.flush(), restMs);
      this.#scheduled = { cancel: () => clearTimeout(timer) };
    } else {
      const immediate = setImmediate(() => this.flush());
      this.#scheduled = { cancel: () => clearImmediate(immediate) };
    }
  }

  /** Writes everything that waits, now. */
  flush(): void {
    this.#scheduled?.cancel();
    this.#scheduled = undefined;
    if (this.isEmpty) return;
    const startedMs = performance.now();
    const rooms = this.#rooms;
    const users = this.#users;
    this.#rooms = [];
    this.#users = [];
    const merged = this.#mark(rooms, users);
    for (const channel of rooms) writeRoom(channel, this.#flushId);
    writeMerged(merged);
    for (const channel of rooms) {
      this.#observer.flushed(channel.pending);
      channel.pending = [];
    }
    for (const user of users) {
      this.#observer.flushed(user.own ?? []);
      user.own = undefined;
    }
    const endedMs = performance.now();
    this.#restUntilMs = endedMs + Math.min(restMsMax, endedMs - startedMs);
  }

  /** Marks everybody with the rooms that concern them; returns those who have more than one source. */
  #mark(rooms: readonly RoomChannel[], users: readonly LiveUser[]): Set<LiveUser> {
    this.#flushId += 1;
    const id = this.#flushId;
    const merged = new Set<LiveUser>();
    for (const channel of rooms) {
      for (const { user } of channel.seats) {
        if (user.flushId !== id) {
          user.flushId = id;
          user.flushChannel = channel;
          user.flushMore = undefined;
        } else {
          (user.flushMore ??= []).push(channel);
          merged.add(user);
        }
      }
    }
    for (const user of users) {
      if (user.flushId !== id) {
        user.flushId = id;
        user.flushChannel = undefined;
        user.flushMore = undefined;
      }
      merged.add(user);
    }
    return merged;
  }
}

/** A room's frames as one buffer per format, to all who are in no other room of this flush. */
function writeRoom(channel: RoomChannel, flushId: number): void {
  const buffers = new Joined(channel.pending);
  for (const { user } of channel.seats) {
    if (user.flushId !== flushId || user.flushMore || user.own) continue;
    for (const connection of user.connections) deliver(connection, buffers);
  }
}

/** People in the same set of rooms share one merged buffer. */
function writeMerged(users: ReadonlySet<LiveUser>): void {
  let lastRooms: readonly RoomChannel[] = [];
  let lastBuffers: Joined | undefined;
  for (const user of users) {
    const rooms = user.flushChannel ? [user.flushChannel, ...(user.flushMore ?? [])] : [];
    const own = user.own ?? [];
    let buffers: Joined;
    if (own.length === 0 && lastBuffers && isSame(rooms, lastRooms)) {
      buffers = lastBuffers;
    } else {
      const items = [...own, ...rooms.flatMap(({ pending }) => pending)].sort((a, b) => a.order - b.order);
      buffers = new Joined(items);
      if (own.length === 0) {
        lastRooms = rooms;
        lastBuffers = buffers;
      }
    }
    for (const connection of user.connections) deliver(connection, buffers);
  }
}

const isSame = (left: readonly RoomChannel[], right: readonly RoomChannel[]): boolean => left.length === right.length && left.every((room, index) => room === right[index]);

class Joined {
  readonly items: readonly Outgoing[];
  ws: Buffer | undefined = undefined;
  sse: Buffer | undefined = undefined;

  constructor(items: readonly Outgoing[]) {
    this.items = items;
  }
}

function joinWires(items: readonly Outgoing[], format: WireFormat): Buffer {
  const [first] = items;
  return items.length === 1 && first ? first.current().wire(format) : Buffer.concat(items.map((item) => item.current().wire(format)));
}

/** Once per frame and reader: what is done here is done a million times a second. */
function deliver(connection: Connection, buffers: Joined): void {
  if (connection.held) for (const item of buffers.items) connection.hold(item);
  else if (connection.format === 'ws') connection.write((buffers.ws ??= joinWires(buffers.items, 'ws')));
  else connection.write((buffers.sse ??= joinWires(buffers.items, 'sse')));
}
