import type { NatsConnection } from '@nats-io/transport-node';
import { RoomId } from '@parley/contracts/ids';
import { presenceSubject } from '@parley/contracts/wire/subjects';
import { z } from 'zod';
import type { Connection } from './connection.ts';
import type { Hub } from './hub.ts';
import type { LiveUser } from './live-user.ts';
import { morePresent, RemotePeople, type State } from './remote-people.ts';
import type { RoomChannel } from './room-channel.ts';
import { encodeFrame } from './wire-format.ts';

const beatMs = 10_000;
/** Changes are told together, so often. */
const tellEveryMs = 500;
/** A reader that comes back within this time was never away. */
const awayAfterMs = 5_000;
/** Presence is shown in rooms up to this size. */
const membersMax = 500;
/** Bounds of one signal. */
const usersPerSignal = 200;
const roomsPerUser = 200;

const Person = z.object({ userId: z.string().max(64), state: z.enum(['active', 'idle', 'offline']), rooms: z.array(RoomId).max(roomsPerUser).optional() });
/** Changes carry the person's rooms; beats do not, and who knows no rooms for somebody in a beat asks for them. */
const Signal = z.object({ gateway: z.string().max(64), people: z.array(Person).max(usersPerSignal).optional(), ask: z.array(z.string().max(64)).max(usersPerSignal).optional() });
type Person = z.infer<typeof Person>;

/** Until when readers who went still count, as active and at all; performance.now(). */
type Leaving = { readonly activeUntilMs: number; readonly untilMs: number };

/**
 * Who is there, as far as it is anybody's business: told only to those who share a small enough room. Never stored.
 * A person is as present as the most present of their readers, wherever these are: a tab in the background or a
 * telephone in a pocket does not make idle who is at work in another.
 */
export class Presence {
  readonly #nc: NatsConnection;
  readonly #hub: Hub;
  readonly #gateway: string;
  readonly #remote = new RemotePeople();
  readonly #shown = new Map<string, State>();
  readonly #changed = new Set<string>();
  readonly #leaving = new Map<string, Leaving>();
  /** What other gateways were last told of our people: their own part alone, whatever is said elsewhere. */
  readonly #told = new Map<string, State>();
  /** Readers who began to share a room with somebody, and people of ours whose rooms others should know anew. */
  readonly #owed = new Map<LiveUser, Set<string>>();
  readonly #published = new Set<string>();
  readonly #timers: NodeJS.Timeout[];
  readonly #subscription: { unsubscribe(): void };

  constructor(nc: NatsConnection, hub: Hub, gateway: string) {
    this.#nc = nc;
    this.#hub = hub;
    this.#gateway = gateway;
    this.#subscription = nc.subscribe(presenceSubject, { callback: (error, message) => { if (!error) this.#hear(message.string()); } });
    this.#timers = [setInterval(() => this.#beat(), beatMs), setInterval(() => this.#tell(), tellEveryMs)];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#subscription.unsubscribe();
  }

  /** A reader came. Tells it who is there in its rooms. */
  came(connection: Connection): void {
    const { user } = connection;
    if (!user) return;
    this.#note(user.userId);
    const there = new Map<string, State>();
    for (const { channel } of user.seats) {
      if (!(channel.members <= membersMax)) continue;
      for (const { user: other } of channel.seats) if (other.connections.length > 0) there.set(other.userId, this.#stateOf(other.userId));
    }
    for (const userId of this.#remote.sharing((roomId) => user.seatIn(roomId) !== undefined)) there.set(userId, this.#stateOf(userId));
    there.delete(user.userId);
    if (there.size > 0) connection.send({ type: 'presence', users: [...there].map(([userId, state]) => ({ userId, state })) });
  }

  /** Somebody was admitted to a room: they and those who are there now share one. */
  met(channel: RoomChannel, user: LiveUser): void {
    if (!(channel.members <= membersMax)) return;
    for (const { user: other } of channel.seats) {
      if (other === user) continue;
      if (user.connections.length > 0) this.#owe(other, user.userId);
      if (other.connections.length > 0) this.#owe(user, other.userId);
    }
    for (const userId of this.#remote.sharing((roomId) => roomId === channel.roomId)) this.#owe(user, userId);
    this.#published.add(user.userId);
  }

  /** Somebody is in a room no more: those who are there hear nothing of them from now on. */
  left(userId: string, roomId: string): void {
    this.#remote.leave(userId, roomId);
  }

  /** The reader is told of the other with the next round. */
  #owe(reader: LiveUser, userId: string): void {
    if (reader.userId === userId || reader.connections.length === 0) return;
    const owed = this.#owed.get(reader) ?? new Set();
    this.#owed.set(reader, owed.add(userId));
  }

  /** A reader of this person went; it counts a little longer, in case it comes back. */
  went(user: LiveUser, { presence }: Connection): void {
    const untilMs = performance.now() + awayAfterMs;
    const before = this.#leaving.get(user.userId)?.activeUntilMs ?? Number.NEGATIVE_INFINITY;
    this.#leaving.set(user.userId, { untilMs, activeUntilMs: presence === 'active' ? untilMs : before });
  }

  said(connection: Connection, state: 'active' | 'idle'): void {
    if (!connection.user || connection.presence === state) return;
    connection.presence = state;
    this.#note(connection.user.userId);
  }

  #localState(userId: string): State {
    let state: State = 'offline';
    for (const { presence } of this.#hub.users.get(userId)?.connections ?? []) state = morePresent(state, presence);
    const leaving = this.#leaving.get(userId);
    if (!leaving || state === 'active') return state;
    const nowMs = performance.now();
    return leaving.activeUntilMs > nowMs ? 'active' : leaving.untilMs > nowMs ? 'idle' : state;
  }

  #stateOf(userId: string): State {
    return morePresent(this.#localState(userId), this.#remote.stateOf(userId));
  }

  #note(userId: string): void {
    this.#changed.add(userId);
  }

  /** Tells what changed: to readers here who share a room, and to other gateways if it was somebody of ours. */
  #tell(): void {
    this.#noteLeft();
    if (this.#changed.size === 0 && this.#owed.size === 0 && this.#published.size === 0) return;
    const people: Person[] = [];
    const frames = new Map<LiveUser, Map<string, State>>();
    const tell = (reader: LiveUser, userId: string, state: State): void => {
      const states = frames.get(reader) ?? new Map<string, State>();
      frames.set(reader, states.set(userId, state));
    };
    for (const [reader, about] of this.#owed) for (const userId of about) tell(reader, userId, this.#stateOf(userId));
    for (const userId of this.#changed) {
      // Of somebody who was forgotten nothing can be told any more; other gateways forget them by themselves.
      if (!this.#hub.users.has(userId)) this.#told.delete(userId);
      else if ((this.#told.get(userId) ?? 'offline') !== this.#localState(userId)) this.#published.add(userId);
      const state = this.#stateOf(userId);
      if ((this.#shown.get(userId) ?? 'offline') === state) continue;
      if (state === 'offline') this.#shown.delete(userId);
      else this.#shown.set(userId, state);
      for (const reader of this.#sharers(userId)) tell(reader, userId, state);
    }
    for (const userId of this.#changed) this.#remote.dropIfAway(userId);
    for (const userId of this.#published) {
      const local = this.#hub.users.get(userId);
      if (!local) continue;
      const state = this.#localState(userId);
      if (state === 'offline') this.#told.delete(userId);
      else this.#told.set(userId, state);
      people.push({ userId, state, rooms: roomsOf(local) as RoomId[] });
    }
    this.#changed.clear();
    this.#owed.clear();
    this.#published.clear();
    for (const [reader, states] of frames) {
      const frame = { type: 'presence', users: [...states].map(([userId, state]) => ({ userId, state })) };
      for (const connection of reader.connections) if (!connection.held) connection.write(encodeFrame(connection.format, frame));
    }
    this.#publish(people);
  }

  /** Readers who went are looked at until they count no more: as active, and at all. */
  #noteLeft(): void {
    const nowMs = performance.now();
    for (const [userId, { activeUntilMs, untilMs }] of this.#leaving) {
      if (untilMs <= nowMs) this.#leaving.delete(userId);
      if (Math.min(activeUntilMs, untilMs) <= nowMs) this.#note(userId);
    }
  }

  #sharers(userId: string): Set<LiveUser> {
    const rooms = this.#hub.users.get(userId)?.seats.map(({ channel }) => channel.roomId) ?? this.#remote.roomsOf(userId);
    const sharers = new Set<LiveUser>();
    for (const roomId of rooms) {
      const channel = this.#hub.channelOf(roomId);
      if (!channel || !(channel.members <= membersMax)) continue;
      for (const { user } of channel.seats) if (user.userId !== userId && user.connections.length > 0) sharers.add(user);
    }
    return sharers;
  }

  #publish(people: readonly Person[]): void {
    for (let from = 0; from < people.length; from += usersPerSignal) {
      this.#nc.publish(presenceSubject, JSON.stringify({ gateway: this.#gateway, people: people.slice(from, from + usersPerSignal) }));
    }
  }

  #beat(): void {
    for (const userId of this.#remote.expire(performance.now())) this.#note(userId);
    const people: Person[] = [];
    for (const user of this.#hub.users.values()) if (user.connections.length > 0) people.push({ userId: user.userId, state: this.#localState(user.userId) });
    this.#publish(people);
  }

  #hear(text: string): void {
    const signal = parse(text);
    if (!signal || signal.gateway === this.#gateway) return;
    if (signal.ask) this.#answer(signal.ask);
    const unknown: string[] = [];
    for (const person of signal.people ?? []) {
      if (person.state !== 'offline') this.#meetRemote(person, this.#remote.roomsOf(person.userId));
      const known = this.#remote.hear(signal.gateway, person, performance.now());
      if (known === true) this.#note(person.userId);
      else if (known === false) unknown.push(person.userId);
    }
    if (unknown.length > 0) this.#nc.publish(presenceSubject, JSON.stringify({ gateway: this.#gateway, ask: unknown }));
  }

  /** Readers here are told of somebody elsewhere who came into a room of theirs. */
  #meetRemote({ userId, rooms }: Person, before: readonly string[]): void {
    for (const roomId of rooms ?? []) {
      const channel = before.includes(roomId) ? undefined : this.#hub.channelOf(roomId);
      if (channel && channel.members <= membersMax) for (const { user } of channel.seats) this.#owe(user, userId);
    }
  }

  #answer(asked: readonly string[]): void {
    const people = asked.flatMap((userId) => {
      const user = this.#hub.users.get(userId);
      return user && user.connections.length > 0 ? [{ userId, state: this.#localState(userId), rooms: roomsOf(user) as RoomId[] }] : [];
    });
    this.#publish(people);
  }
}

const roomsOf = (user: LiveUser): string[] => user.seats.slice(0, roomsPerUser).map(({ channel }) => channel.roomId);

function parse(text: string): z.infer<typeof Signal> | undefined {
  try {
    return Signal.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
