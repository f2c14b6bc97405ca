import type { Caller } from '@parley/contracts/envelope/caller';
import { eventStreams, streamIndexOf } from '@parley/contracts/wire/partition';
import type { Memberships, QueryClient } from '../http/query-client.ts';
import { foldMemberships } from './membership-fold.ts';
import type { Hub } from './hub.ts';
import { LiveUser } from './live-user.ts';

/** How long the hub may need to reach the position of a list of memberships. */
const reachMsMax = 2_000;
/** How long a person stays known after their last reader went: a reload of a page asks nothing again. */
const keptMsMax = 60_000;
const knownMax = 200_000;

/** Who a person is and where they sit cannot be said now; coming back a little later helps. */
export class InsufficientState extends Error {
  override readonly name = 'InsufficientState';
}

/**
 * The people this gateway knows. Someone new is loaded so that no change of membership is missed: the log is followed
 * already, then the list is asked for, then what the log said after the list's own position is applied to it.
 */
export class Directory {
  readonly #hub: Hub;
  readonly #queries: QueryClient;
  readonly #loading = new Map<string, Promise<LiveUser>>();

  constructor(hub: Hub, queries: QueryClient) {
    this.#hub = hub;
    this.#queries = queries;
  }

  /** The person with all their seats, current as of `hub.delivered`. Throws InsufficientState. */
  ensure({ userId, kind }: Caller): Promise<LiveUser> {
    const known = this.#hub.users.get(userId);
    if (known) {
      if (known.connections.length === 0) known.leftAtMs = performance.now();
      return Promise.resolve(known);
    }
    const loading = this.#loading.get(userId);
    if (loading) return loading;
    const started = this.#load(userId, kind).finally(() => this.#loading.delete(userId));
    this.#loading.set(userId, started);
    return started;
  }

  async #load(userId: string, kind: Caller['kind']): Promise<LiveUser> {
    if (this.#hub.users.size >= knownMax) throw new InsufficientState('this gateway knows too many people');
    const list = await this.#ask(userId);
    // A list from ahead of us would seat somebody who then gets what was said before they came.
    const wanted = list.seqs.map((seq, stream) => (stream < eventStreams ? seq : -1));
    if (!(await this.#hub.waitFor(wanted, reachMsMax))) throw new InsufficientState('the log is ahead of this gateway');
    return this.#seat(userId, kind, list);
  }

  async #ask(userId: string): Promise<Memberships> {
    try {
      return await this.#queries.memberships(userId, this.#hub.delivered.token());
    } catch (error) {
      throw new InsufficientState('the list of rooms cannot be had', { cause: error });
    }
  }

  /** One turn of the event loop: nothing is delivered between the fold and the seats. */
  #seat(userId: string, kind: Caller['kind'], list: Memberships): LiveUser {
    const { rings, delivered } = this.#hub;
    const rooms = foldMemberships(userId, list, {
      floor: (stream) => rings.floor(stream),
      controls: (stream, afterSeq) => rings.controls(stream, afterSeq),
      head: (stream) => delivered.at(stream),
      streamOf: (roomId) => streamIndexOf('room', roomId),
    });
    if (!rooms) throw new InsufficientState('the read side is too far behind');
    const user = new LiveUser(userId, kind);
    user.leftAtMs = performance.now();
    // What waits to be flushed is from before: it must not reach the new seats.
    this.#hub.flush();
    this.#hub.users.set(userId, user);
    for (const room of rooms) this.#hub.seat(user, room.roomId, room.joinedN, room.members);
    return user;
  }

  /** Forgets people whose last reader went long ago. `nowMs`: performance.now(). */
  sweep(nowMs: number): void {
    for (const user of this.#hub.users.values()) {
      if (user.connections.length > 0 || user.leftAtMs === undefined || nowMs - user.leftAtMs < keptMsMax) continue;
      this.forget(user);
    }
  }

  forget(user: LiveUser): void {
    for (const seat of [...user.seats]) this.#hub.unseat(user, seat.channel);
    this.#hub.users.delete(user.userId);
  }
}
