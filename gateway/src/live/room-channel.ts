import type { LiveUser, Seat } from './live-user.ts';
import type { Connection } from './connection.ts';
import type { Outgoing } from './outgoing.ts';

const authorsMax = 256;

/** A room that somebody here is in: who sits in it, packed, and what waits for the next flush. */
export class RoomChannel {
  readonly roomId: string;
  readonly subject: string;
  /** Packed; leaving swaps the last one in. */
  readonly seats: Seat[] = [];
  pending: Outgoing[] = [];
  /** Number of current members, here or not. */
  members: number;
  /** Readers that have this room on screen. */
  readonly openers = new Set<Connection>();
  /** Ends the subscription to typing signals. */
  unsubscribe: (() => void) | undefined = undefined;
  /** Highest number with which a membership of somebody here began: commits before it are not for all. */
  latestJoinN = 0;
  readonly #lastPostN = new Map<string, number>();

  constructor(roomId: string, subject: string, members: number) {
    this.roomId = roomId;
    this.subject = subject;
    this.members = members;
  }

  /** Seats a person; does nothing when they sit already. */
  seat(user: LiveUser, joinedN: number): void {
    if (user.seatIn(this.roomId)) return;
    const seat: Seat = { channel: this, user, joinedN, index: this.seats.length };
    this.seats.push(seat);
    user.seats.push(seat);
    this.latestJoinN = Math.max(this.latestJoinN, joinedN);
  }

  /** Takes a person's seat away. Returns whether they had one. */
  unseat(user: LiveUser): boolean {
    const seat = user.seatIn(this.roomId);
    if (!seat) return false;
    const last = this.seats.pop();
    if (last && last !== seat) {
      this.seats[seat.index] = last;
      last.index = seat.index;
    }
    user.seats.splice(user.seats.indexOf(seat), 1);
    for (const connection of user.connections) this.openers.delete(connection);
    return true;
  }

  /** Remembers who spoke last, so that a late "is typing" can be told from a new one. Bounded; forgets the longest silent. */
  spoke(userId: string, n: number): void {
    this.#lastPostN.delete(userId);
    this.#lastPostN.set(userId, n);
    if (this.#lastPostN.size > authorsMax) {
      for (const oldest of this.#lastPostN.keys()) {
        this.#lastPostN.delete(oldest);
        break;
      }
    }
  }
  /** Number of a person's last message known here; 0 for none. */
  lastPostN(userId: string): number {
    return this.#lastPostN.get(userId) ?? 0;
  }
}
