import type { Type } from '@nestjs/common';
import type { Query } from '@nestjs/cqrs';
import type { Caller } from '@parley/contracts/envelope/caller';
import type { UserId } from '@parley/contracts/ids';
import type { DataOf, ParamsOf, QueryDefinition } from '@parley/contracts/queries/define';
import { eventStreams, streamIndexOf, streamNames } from '@parley/contracts/wire/partition';

export type Projection = 'conversations' | 'people' | 'markers';
/** One projection's rows of one stream (index into `streamNames`). */
export type Lane = { readonly projection: Projection; readonly stream: number };

/** What a handler found. `parked`: an aggregate it comes from is set aside, so it may be older than its position says. */
export type Found<D> = { readonly data: D; readonly parked: boolean };

/** Who asks, for everything but internal questions: a person. */
export type Asker = Caller & { readonly userId: UserId };

/** One question: its contract, its query and handler, and which rows it needs to be as new as `after`. */
export type Question<Q extends QueryDefinition = QueryDefinition> = {
  readonly definition: Q;
  readonly query: new (caller: Asker, params: ParamsOf<Q>) => Query<Found<DataOf<Q>>>;
  readonly handler: Type;
  readonly needs: (caller: Asker, params: ParamsOf<Q>) => readonly Lane[];
  /** `person`: asked by people. `system`: by gateways for themselves. */
  readonly audience: 'person' | 'system';
  /** Whose checkpoints of the event streams the answer's position tells. */
  readonly position: 'conversations' | 'people';
};

/** Declares a question with its types checked; the list of them forgets the types. */
export function question<Q extends QueryDefinition>(given: Omit<Question<Q>, 'audience' | 'position'> & Partial<Pick<Question<Q>, 'audience' | 'position'>>): Question {
  return { audience: 'person', position: 'conversations', ...given } as unknown as Question;
}

export const roomLane = (roomId: string): Lane => ({ projection: 'conversations', stream: streamIndexOf('room', roomId) });
export const personLane = (userId: string): Lane => ({ projection: 'people', stream: streamIndexOf('user', userId) });
export const markerLane = (userId: string): Lane => ({ projection: 'markers', stream: streamIndexOf('reader', userId) });

const indexes = streamNames.map((_, index) => index);
export const allRoomLanes: readonly Lane[] = indexes.slice(0, eventStreams).map((stream) => ({ projection: 'conversations', stream }));
export const allPersonLanes: readonly Lane[] = indexes.slice(0, eventStreams).map((stream) => ({ projection: 'people', stream }));
export const allMarkerLanes: readonly Lane[] = indexes.slice(eventStreams).map((stream) => ({ projection: 'markers', stream }));
