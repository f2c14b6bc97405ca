import { subjectOf } from '@parley/contracts/wire/subjects';
import type { Connection } from './connection.ts';
import { Delivered } from './delivered.ts';
import type { ControlFact, Entry } from './entry.ts';
import { hideContents } from './body.ts';
import { Fanout, type FanoutObserver } from './fanout.ts';
import type { IntakeTarget } from './intake.ts';
import type { LiveUser } from './live-user.ts';
import { openBody, Outgoing } from './outgoing.ts';
import { Rings } from './ring.ts';
import { RoomChannel } from './room-channel.ts';

export type HubOptions = {
  readonly epoch: string;
  readonly ringBytesMax: number;
  readonly ringAgeMsMax: number;
  readonly observer: FanoutObserver;
  /** Rooms of a person who is not known here. */
  readonly roomsOf: (userId: string) => Promise<readonly string[]>;
  /** The number of members of a room that became known by an admission is not known yet. */
  readonly onUnknownSize: (channel: RoomChannel, userId: string) => void;
  readonly onRoomOpened: (channel: RoomChannel) => void;
  readonly onRoomClosed: (channel: RoomChannel) => void;
  /** Somebody was admitted to a room in which others may be. */
  readonly onEntered: (channel: RoomChannel, user: LiveUser) => void;
  /** Somebody, known here or not, is in a room no more. */
  readonly onLeft: (userId: string, roomId: string) => void;
  /** A read marker moved, in a room that somebody here looks at. */
  readonly onMarker: (channel: RoomChannel, userId: string, n: number) => void;
};

/** Changes of a person that those who share a room with them see. */
const publicChange = /^user\.(rename-started|renamed|rename-refused|status-set|erased)$/;

/**
 * The heart of a live gateway: who is here and in which rooms, what was delivered, and to whom the next commit goes.
 * Everything here happens in one turn of the event loop per commit, so its parts always agree.
 */
export class Hub implements IntakeTarget {
  readonly rings: Rings;
  readonly delivered: Delivered;
  readonly fanout: Fanout;
  readonly channels = new Map<string, RoomChannel>();
  readonly users = new Map<string, LiveUser>();
  /** Readers with a room on screen, for all rooms together. */
  openers = 0;
  readonly #options: HubOptions;
  #order = 0;
  #waiters: { readonly seqs: readonly number[]; readonly resolve: (reached: boolean) => void; readonly timer: NodeJS.Timeout }[] = [];

  constructor(options: HubOptions) {
    this.#options = options;
    this.rings = new Rings(options.ringBytesMax, options.ringAgeMsMax);
    this.delivered = new Delivered(options.epoch);
    this.fanout = new Fanout(options.observer);
  }

  nextOrder(): number {
    this.#order += 1;
    return this.#order;
  }

  /** Everything up to the cursor that `delivered` now gives is on its way to every socket. */
  flush(): void {
    this.fanout.flush();
  }

  /** True once everything up to `seqs` was delivered; false when that took longer than `msMax`. */
  waitFor(seqs: readonly number[], msMax: number): Promise<boolean> {
    if (this.delivered.reached(seqs)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter = {
        seqs,
        resolve,
        timer: setTimeout(() => {
          this.#waiters = this.#waiters.filter((other) => other !== waiter);
          resolve(false);
        }, msMax),
      };
      this.#waiters.push(waiter);
    });
  }

  channelOf(roomId: string): RoomChannel | undefined {
    return this.channels.get(subjectOf({ kind: 'room', id: roomId }));
  }

  /** Seats a person in a room; makes the room known here. `members`: how many it has, NaN if that is not known. */
  seat(user: LiveUser, roomId: string, joinedN: number, members: number): RoomChannel {
    const subject = subjectOf({ kind: 'room', id: roomId });
    let channel = this.channels.get(subject);
    if (!channel) {
      channel = new RoomChannel(roomId, subject, members);
      this.channels.set(subject, channel);
      this.#options.onRoomOpened(channel);
    }
    channel.seat(user, joinedN);
    return channel;
  }

  unseat(user: LiveUser, channel: RoomChannel): void {
    const before = channel.openers.size;
    channel.unseat(user);
    this.openers -= before - channel.openers.size;
    if (channel.seats.length > 0) return;
    this.channels.delete(channel.subject);
    this.#options.onRoomClosed(channel);
  }

  /** Says which rooms a reader has on screen; rooms that are not theirs are left out. */
  openRooms(connection: Connection, roomIds: readonly string[]): void {
    const { user } = connection;
    if (!user) return;
    for (const roomId of connection.openRooms) if (this.channelOf(roomId)?.openers.delete(connection)) this.openers -= 1;
    const mine = [...new Set(roomIds)].filter((roomId) => user.seatIn(roomId));
    for (const roomId of mine) {
      this.channelOf(roomId)?.openers.add(connection);
      this.openers += 1;
    }
    connection.openRooms = mine;
  }

  needsDecode(entry: Entry): boolean {
    switch (entry.kind) {
      case 'room':
        return entry.isControl || this.channels.has(entry.subject);
      case 'user':
        return this.users.size > 0;
      case 'reader':
        return this.openers > 0 || this.users.has(entry.id);
      default:
        return false;
    }
  }

  needsBody(entry: Entry): boolean {
    switch (entry.kind) {
      case 'room':
        return this.channels.has(entry.subject);
      case 'user':
        return this.users.has(entry.id) || (entry.audience ?? []).some((roomId) => this.channelOf(roomId) !== undefined);
      case 'reader':
        return this.users.has(entry.id);
      default:
        return false;
    }
  }

  async findAudience(entry: Entry): Promise<void> {
    if (!entry.eventTypes.some((type) => publicChange.test(type))) {
      entry.audience = [];
      return;
    }
    const here = this.users.get(entry.id);
    entry.audience = here ? here.seats.map(({ channel }) => channel.roomId) : await this.#options.roomsOf(entry.id);
  }

  lastDelivered(stream: number): number {
    return this.delivered.at(stream);
  }

  deliver(entry: Entry): void {
    this.rings.push(entry);
    this.delivered.advance(entry.stream, entry.seq);
    if (entry.kind === 'room') this.#deliverRoom(entry);
    else if (entry.kind === 'user') this.#deliverUser(entry);
    else if (entry.kind === 'reader') this.#deliverReader(entry);
  }

  settled(): void {
    if (this.#waiters.length === 0) return;
    const reached = this.#waiters.filter(({ seqs }) => this.delivered.reached(seqs));
    if (reached.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !reached.includes(waiter));
    for (const { resolve, timer } of reached) {
      clearTimeout(timer);
      resolve(true);
    }
  }

  #outgoing(entry: Entry, body: Buffer): Outgoing {
    return new Outgoing(this.nextOrder(), this.delivered.token(), body, entry.storedAtMs, entry);
  }

  #deliverRoom(entry: Entry): void {
    const channel = this.channels.get(entry.subject);
    if (channel && entry.body) {
      const item = this.#outgoing(entry, entry.body);
      if (entry.n > channel.latestJoinN) this.fanout.toRoom(channel, item);
      else this.#toThoseIn(channel, entry, item);
      for (const word of entry.words) {
        if (word.kind === 'posted') channel.spoke(word.author, word.n);
        else if (word.kind === 'redacted') this.#forget(entry, word.messageId);
      }
    }
    if (entry.controls.length === 0) return;
    // Those who were members before this commit get it; what it changes holds from the next one on.
    this.fanout.flush();
    this.#change(entry, channel);
  }

  /**
   * The read side may know of an admission before its commit comes here. Who is admitted by this commit or a later one
   * must not get it.
   */
  #toThoseIn(channel: RoomChannel, entry: Entry, item: Outgoing): void {
    this.fanout.flush();
    const entered = new Set<LiveUser>();
    for (const seat of channel.seats) {
      if (seat.joinedN < entry.n) this.fanout.toUser(seat.user, item);
      else if (seat.joinedN <= entry.lastN) entered.add(seat.user);
    }
    for (const user of entered) this.#tellEntered(user, entry);
  }

  #tellEntered(user: LiveUser, entry: Entry): void {
    const body = openBody({ type: 'entered', roomId: entry.id, n: entry.lastN });
    this.fanout.toUser(user, new Outgoing(this.nextOrder(), this.delivered.token(), body, entry.storedAtMs));
  }

  /** Takes the words of a redacted message out of memory. */
  #forget(redaction: Entry, messageId: string): void {
    for (const entry of this.rings.of(redaction.stream, redaction.subject, 0)) {
      const gone = entry.words.filter((word) => word.messageId === messageId && word.kind !== 'redacted').map(({ n }) => n);
      if (gone.length > 0 && hideContents(entry, gone)) this.rings.recount(entry);
    }
  }

  #change(entry: Entry, channel: RoomChannel | undefined): void {
    const entered = new Set<LiveUser>();
    for (const fact of entry.controls) this.#changeBy(fact, entry, channel, entered);
    for (const user of entered) this.#tellEntered(user, entry);
  }

  #changeBy(fact: ControlFact, entry: Entry, before: RoomChannel | undefined, entered: Set<LiveUser>): void {
    const user = this.users.get(fact.userId);
    if (fact.type === 'deleted') {
      for (const seat of [...(before?.seats ?? [])]) this.unseat(seat.user, seat.channel);
      return;
    }
    if (fact.type === 'left') {
      if (before) before.members -= 1;
      const channel = this.channels.get(entry.subject);
      if (user && channel) this.unseat(user, channel);
      this.#options.onLeft(fact.userId, entry.id);
      return;
    }
    if (before) before.members += 1;
    if (!user || user.seatIn(entry.id)) return;
    // The first commit names every member; of a room that others filled, the size has to be asked for.
    const known = entry.n === 1 ? entry.controls.filter(({ type }) => type === 'joined').length : Number.NaN;
    const channel = this.seat(user, entry.id, fact.n, known);
    if (Number.isNaN(channel.members)) this.#options.onUnknownSize(channel, user.userId);
    entered.add(user);
    this.#options.onEntered(channel, user);
  }

  #deliverUser(entry: Entry): void {
    if (!entry.body) return;
    const item = this.#outgoing(entry, entry.body);
    const own = this.users.get(entry.id);
    if (own) this.fanout.toUser(own, item);
    for (const roomId of entry.audience ?? []) {
      for (const { user } of this.channelOf(roomId)?.seats ?? []) this.fanout.toUser(user, item);
    }
  }

  #deliverReader(entry: Entry): void {
    const own = this.users.get(entry.id);
    if (own && entry.body) this.fanout.toUser(own, this.#outgoing(entry, entry.body));
    for (const { roomId, n } of entry.markers) {
      const channel = this.openers > 0 ? this.channelOf(roomId) : undefined;
      if (channel && channel.openers.size > 0) this.#options.onMarker(channel, entry.id, n);
    }
  }
}
