import type { NatsConnection } from '@nats-io/transport-node';
import { RoomId } from '@parley/contracts/ids';
import { presenceSubject } from '@parley/contracts/wire/subjects';
import { z } from 'zod';
import type { Connection } from './connection.ts';
import type { Hub } from './hub.ts';
import type { LiveUser } from './live-user.ts';
import type { RoomChannel } from './room-channel.ts';
import { encodeFrame } from './wire-format.ts';

export const presenceBeatMs = 10_000;
export const presenceTtlMs = 25_000;
/** Changes are told together, so often. */
const tellEveryMs = 500;
/** A reader that comes back within this time was never away. */
const awayAfterMs = 5_000;
/** Presence is shown in rooms up to this size. */
const membersMax = 500;
/** Bounds of one signal, and of what is remembered of other gateways. */
const usersPerSignal = 200;
const roomsPerUser = 200;
const remoteUsersMax = 100_000;

type State = 'active' | 'idle' | 'offline';
const Person = z.object({ userId: z.string().max(64), state: z.enum(['active', 'idle', 'offline']), rooms: z.array(RoomId).max(roomsPerUser).optional() });
/** Changes carry the person's rooms; beats do not, and who knows no rooms for somebody in a beat asks for them. */
const Signal = z.object({ gateway: z.string().max(64), people: z.array(Person).max(usersPerSignal).optional(), ask: z.array(z.string().max(64)).max(usersPerSignal).optional() });
type Person = z.infer<typeof Person>;

type Remote = { gateway: string; state: State; rooms: readonly string[] | undefined; heardAtMs: number };

/** Who is there, as far as it is anybody's business: told only to those who share a small enough room. Never stored. */
export class Presence {
  readonly #nc: NatsConnection;
  readonly #hub: Hub;
  readonly #gateway: string;
  readonly #remote = new Map<string, Remote>();
  readonly #shown = new Map<string, State>();
  readonly #changed = new Set<string>();
  readonly #leaving = new Map<string, number>();
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
    this.#timers = [setInterval(() => this.#beat(), presenceBeatMs), setInterval(() => this.#tell(), tellEveryMs)];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#subscription.unsubscribe();
  }

  /** A reader came. Tells it who is there in its rooms. */
  came(connection: Connection): void {
    const { user } = connection;
    if (!user) return;
    this.#leaving.delete(user.userId);
    this.#note(user.userId);
    const there = new Map<string, State>();
    for (const { channel } of user.seats) {
      if (!(channel.members <= membersMax)) continue;
      for (const { user: other } of channel.seats) if (other.connections.length > 0) there.set(other.userId, this.#stateOf(other.userId));
    }
    for (const [userId, { state, rooms }] of this.#remote) if (state !== 'offline' && rooms?.some((roomId) => user.seatIn(roomId))) there.set(userId, this.#stateOf(userId));
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
    for (const [userId, { rooms }] of this.#remote) if (rooms?.includes(channel.roomId)) this.#owe(user, userId);
    this.#published.add(user.userId);
  }

  /** The reader is told of the other with the next round. */
  #owe(reader: LiveUser, userId: string): void {
    if (reader.userId === userId || reader.connections.length === 0) return;
    const owed = this.#owed.get(reader) ?? new Set();
    this.#owed.set(reader, owed.add(userId));
  }

  /** A reader went; its person is away a little later, unless they came back. */
  went(user: LiveUser): void {
    if (user.connections.length === 0) this.#leaving.set(user.userId, performance.now() + awayAfterMs);
  }

  said(connection: Connection, state: 'active' | 'idle'): void {
    const { user } = connection;
    if (!user || user.presence === state) return;
    user.presence = state;
    this.#note(user.userId);
  }

  #localState(userId: string): State {
    const user = this.#hub.users.get(userId);
    if (!user) return 'offline';
    return user.connections.length > 0 || this.#leaving.has(userId) ? user.presence : 'offline';
  }

  #stateOf(userId: string): State {
    const states = [this.#localState(userId), this.#remote.get(userId)?.state ?? 'offline'];
    return states.includes('active') ? 'active' : states.includes('idle') ? 'idle' : 'offline';
  }

  #note(userId: string): void {
    this.#changed.add(userId);
  }

  /** Tells what changed: to readers here who share a room, and to other gateways if it was somebody of ours. */
  #tell(): void {
    const nowMs = performance.now();
    for (const [userId, atMs] of this.#leaving) {
      if (atMs > nowMs) continue;
      this.#leaving.delete(userId);
      this.#note(userId);
    }
    if (this.#changed.size === 0 && this.#owed.size === 0 && this.#published.size === 0) return;
    const people: Person[] = [];
    const frames = new Map<LiveUser, Map<string, State>>();
    const tell = (reader: LiveUser, userId: string, state: State): void => {
      const states = frames.get(reader) ?? new Map<string, State>();
      frames.set(reader, states.set(userId, state));
    };
    for (const [reader, about] of this.#owed) for (const userId of about) tell(reader, userId, this.#stateOf(userId));
    for (const userId of this.#changed) {
      const state = this.#stateOf(userId);
      if ((this.#shown.get(userId) ?? 'offline') === state) continue;
      if (state === 'offline') this.#shown.delete(userId);
      else this.#shown.set(userId, state);
      const local = this.#hub.users.get(userId);
      if (local) this.#published.add(userId);
      for (const reader of this.#sharers(userId)) tell(reader, userId, state);
    }
    for (const userId of this.#changed) if (this.#remote.get(userId)?.state === 'offline') this.#remote.delete(userId);
    for (const userId of this.#published) {
      const local = this.#hub.users.get(userId);
      if (local) people.push({ userId, state: this.#localState(userId), rooms: roomsOf(local) as RoomId[] });
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

  #sharers(userId: string): Set<LiveUser> {
    const rooms = this.#hub.users.get(userId)?.seats.map(({ channel }) => channel.roomId) ?? this.#remote.get(userId)?.rooms ?? [];
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
    const nowMs = performance.now();
    for (const [userId, remote] of this.#remote) {
      if (nowMs - remote.heardAtMs < presenceTtlMs) continue;
      remote.state = 'offline';
      this.#note(userId);
    }
    const people: Person[] = [];
    for (const user of this.#hub.users.values()) if (user.connections.length > 0) people.push({ userId: user.userId, state: user.presence });
    this.#publish(people);
  }

  #hear(text: string): void {
    const signal = parse(text);
    if (!signal || signal.gateway === this.#gateway) return;
    if (signal.ask) this.#answer(signal.ask);
    const unknown: string[] = [];
    for (const person of signal.people ?? []) {
      const known = this.#remote.get(person.userId);
      const rooms = person.rooms ?? known?.rooms;
      if (person.state !== 'offline') this.#meetRemote(person, known?.rooms ?? []);
      if (!rooms && person.state !== 'offline') unknown.push(person.userId);
      // Kept until it was told: who shared a room with them is in it.
      if (person.state === 'offline' && known?.gateway === signal.gateway) known.state = 'offline';
      else if (person.state !== 'offline' && (known || this.#remote.size < remoteUsersMax)) {
        this.#remote.set(person.userId, { gateway: signal.gateway, state: person.state, rooms, heardAtMs: performance.now() });
      }
      if (rooms) this.#note(person.userId);
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
      return user && user.connections.length > 0 ? [{ userId, state: user.presence, rooms: roomsOf(user) as RoomId[] }] : [];
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
