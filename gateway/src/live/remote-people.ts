import type { RoomId } from '@parley/contracts/ids';

/** `offline` is what nobody says for long: it ends what was said. */
export type State = 'active' | 'idle' | 'offline';
/** What another gateway says of one of its people. Changes carry the person's rooms, beats do not. */
export type Said = { readonly userId: string; readonly state: State; readonly rooms?: readonly RoomId[] | undefined };

type Remote = { readonly gateways: Map<string, { readonly state: State; readonly heardAtMs: number }>; rooms: readonly string[] | undefined };

const peopleMax = 100_000;
const ttlMs = 25_000;

const ranks: Readonly<Record<State, number>> = { offline: 0, idle: 1, active: 2 };
/** Somebody with several readers is as present as the most present of them says. */
export const morePresent = (one: State, other: State): State => (ranks[other] > ranks[one] ? other : one);

/**
 * People at other gateways. Each gateway speaks for its own readers of a person only, so what it says never takes the
 * place of what another said; a gateway that falls silent is forgotten after 25 s. Times are of performance.now(), ms.
 */
export class RemotePeople {
  readonly #people = new Map<string, Remote>();

  /** Rooms of the person as they were last told: nobody can be told of a person without them. */
  roomsOf(userId: string): readonly string[] {
    return this.#people.get(userId)?.rooms ?? [];
  }

  stateOf(userId: string): State {
    let state: State = 'offline';
    for (const said of this.#people.get(userId)?.gateways.values() ?? []) state = morePresent(state, said.state);
    return state;
  }

  /** Those who sit in a room for which `isWanted` holds and are not away. */
  *sharing(isWanted: (roomId: string) => boolean): Generator<string> {
    for (const [userId, { gateways, rooms }] of this.#people) if (gateways.size > 0 && rooms?.some(isWanted)) yield userId;
  }

  /** Takes what a gateway says. Returns whether the person's rooms are known now; undefined when there is nothing to remember. */
  hear(gateway: string, { userId, state, rooms }: Said, nowMs: number): boolean | undefined {
    const known = this.#people.get(userId);
    if (state === 'offline') {
      // Kept until it was told: who shared a room with them is in it.
      return known?.gateways.delete(gateway) ? true : undefined;
    }
    if (!known && this.#people.size >= peopleMax) return undefined;
    const remote = known ?? { gateways: new Map(), rooms: undefined };
    remote.gateways.set(gateway, { state, heardAtMs: nowMs });
    remote.rooms = rooms ?? remote.rooms;
    this.#people.set(userId, remote);
    return remote.rooms !== undefined;
  }

  /** The log says that they left a room, sooner than their gateway tells their rooms again. */
  leave(userId: string, roomId: string): void {
    const remote = this.#people.get(userId);
    if (remote?.rooms) remote.rooms = remote.rooms.filter((other) => other !== roomId);
  }

  /** Forgets what was said too long ago; returns of whom. */
  expire(nowMs: number): string[] {
    const expired = new Set<string>();
    for (const [userId, { gateways }] of this.#people) {
      for (const [gateway, { heardAtMs }] of gateways) if (nowMs - heardAtMs >= ttlMs && gateways.delete(gateway)) expired.add(userId);
    }
    return [...expired];
  }

  /** Forgets a person of whom no gateway says anything any more. */
  dropIfAway(userId: string): void {
    if (this.#people.get(userId)?.gateways.size === 0) this.#people.delete(userId);
  }
}
