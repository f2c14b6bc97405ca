import type { Caller } from '@parley/contracts/envelope/caller';
import type { Connection } from './connection.ts';
import type { Outgoing } from './outgoing.ts';
import type { RoomChannel } from './room-channel.ts';

/** One person in one room here: who, where, and since which event of the room. */
export type Seat = { readonly channel: RoomChannel; readonly user: LiveUser; readonly joinedN: number; index: number };

/** A person with readers on this gateway (or lately so): their rooms are kept current by the log. */
export class LiveUser {
  readonly userId: string;
  readonly kind: Caller['kind'];
  readonly connections: Connection[] = [];
  readonly seats: Seat[] = [];
  /** When the last connection ended, milliseconds of performance.now(); undefined while there is one. */
  leftAtMs: number | undefined = undefined;

  // Marks of the flush under way.
  flushId = 0;
  flushChannel: RoomChannel | undefined = undefined;
  flushMore: RoomChannel[] | undefined = undefined;
  own: Outgoing[] | undefined = undefined;

  constructor(userId: string, kind: Caller['kind']) {
    this.userId = userId;
    this.kind = kind;
  }

  seatIn(roomId: string): Seat | undefined {
    return this.seats.find((seat) => seat.channel.roomId === roomId);
  }
}
