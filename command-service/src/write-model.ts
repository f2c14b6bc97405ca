import type { Caller } from '@parley/contracts/envelope/caller';
import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { type Problem, problem } from '@parley/contracts/problems/codes';
import type { Aggregates } from '@parley/kernel/event-store/repository';
import { LRUCache } from 'lru-cache';
import { getKeyed } from './keyed.ts';
import { ProblemError } from './problem-error.ts';
import { enter } from './rooms/room.access.ts';
import type { RoomState } from './rooms/room.state.ts';
import type { ClaimState } from './users/claim.decider.ts';
import type { UserState } from './users/user.decider.ts';

const insidersMax = 100_000;

/** A state with the sequence at which it was confirmed (0: the aggregate has no commit). */
export type Seen<S> = { readonly state: S; readonly seq: number };

/** What may be asked of the write model. Every answer was confirmed by a leader read after the question. Throws ProblemError. */
export type WriteModel = {
  room(roomId: string): Promise<Seen<RoomState>>;
  user(userId: string): Promise<Seen<UserState>>;
  claim(claimId: string): Promise<Seen<ClaimState>>;
  /**
   * Why a caller who is no member may not enter a room; undefined for members. Who was seen inside is let by without
   * another look: the decision itself does not rest on this, it only keeps strangers from having keys made.
   */
  refusalToEnter(roomId: string, caller: Caller): Promise<Problem | undefined>;
  importedLine(roomId: string, source: string): Promise<number>;
};

export function createWriteModel(aggregates: Pick<Aggregates, 'load'>): WriteModel {
  const insiders = new LRUCache<string, true>({ max: insidersMax });
  const load = async <S>(aggregate: AggregateRef): Promise<Seen<S>> => {
    const view = await aggregates.load(aggregate);
    if (!view.ok) throw new ProblemError(view.problem);
    return { state: view.state as S, seq: view.position.seq };
  };
  const room = (roomId: string): Promise<Seen<RoomState>> => load({ kind: 'room', id: roomId });
  return {
    room,
    user: (userId) => load({ kind: 'user', id: userId }),
    claim: (claimId) => load({ kind: 'claim', id: claimId }),
    async refusalToEnter(roomId, caller) {
      const key = `${roomId} ${caller.userId}`;
      if (insiders.has(key)) return undefined;
      const { state } = await room(roomId);
      const inside = enter(state, caller);
      if ('refused' in inside) return problem(inside.refused);
      insiders.set(key, true);
      return undefined;
    },
    async importedLine(roomId, source) {
      const { state } = await room(roomId);
      return state.phase === 'open' || state.phase === 'archived' ? (getKeyed(state.imported, source) ?? -1) : -1;
    },
  };
}
