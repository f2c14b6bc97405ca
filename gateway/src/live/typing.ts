import type { NatsConnection } from '@nats-io/transport-node';
import { typingEveryMs } from '@parley/contracts/realtime/limits';
import { typingMembersMax } from '@parley/contracts/rooms/limits';
import { roomSignalSubject } from '@parley/contracts/wire/subjects';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Connection } from './connection.ts';
import type { Hub } from './hub.ts';
import type { RoomChannel } from './room-channel.ts';
import { encodeFrame } from './wire-format.ts';

const rememberedMax = 50_000;
const Signal = z.object({ userId: z.string(), n: z.number() });

/**
 * "Is typing": carried by core NATS, never stored, listened to only for rooms somebody here sits in, and off in large
 * rooms. A signal carries what its author had seen; one that is older than the author's last message is a ghost.
 */
export class Typing {
  readonly #nc: NatsConnection;
  readonly #hub: Hub;
  readonly #said = new LRUCache<string, true>({ max: rememberedMax, ttl: typingEveryMs });

  constructor(nc: NatsConnection, hub: Hub) {
    this.#nc = nc;
    this.#hub = hub;
  }

  /** A client types: told to the room at most once in three seconds. */
  said(connection: Connection, roomId: string, n: number): void {
    const { user } = connection;
    const seat = user?.seatIn(roomId);
    if (!user || !seat || !(seat.channel.members <= typingMembersMax)) return;
    const key = `${roomId} ${user.userId}`;
    if (this.#said.has(key)) return;
    this.#said.set(key, true);
    this.#nc.publish(roomSignalSubject(roomId), JSON.stringify({ userId: user.userId, n }));
  }

  listen(channel: RoomChannel): void {
    const subscription = this.#nc.subscribe(roomSignalSubject(channel.roomId), {
      callback: (error, message) => {
        if (!error) this.#heard(channel, message.string());
      },
    });
    channel.unsubscribe = () => subscription.unsubscribe();
  }

  #heard(channel: RoomChannel, text: string): void {
    if (!(channel.members <= typingMembersMax)) return;
    const signal = parse(text);
    if (!signal || signal.n < channel.lastPostN(signal.userId)) return;
    const frame = { type: 'typing', roomId: channel.roomId, userId: signal.userId, n: signal.n };
    const made = { ws: encodeFrame('ws', frame), sse: encodeFrame('sse', frame) };
    // What the author said before must not come after this.
    this.#hub.flush();
    for (const { user } of channel.seats) {
      if (user.userId === signal.userId) continue;
      for (const connection of user.connections) if (!connection.held) connection.write(made[connection.format]);
    }
  }
}

function parse(text: string): z.infer<typeof Signal> | undefined {
  try {
    return Signal.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
