import type { AggregateKind } from '@parley/contracts/envelope/commit';
import { readerDecider } from './readers/reader.decider.ts';
import { roomDecider } from './rooms/room.decider.ts';
import { claimDecider } from './users/claim.decider.ts';
import { counterDecider } from './users/counter.decider.ts';
import { userDecider } from './users/user.decider.ts';

/** The rules of every kind of aggregate: pure, so that a verifier may fold the log with them and compare. */
export const deciders = {
  room: roomDecider,
  user: userDecider,
  claim: claimDecider,
  counter: counterDecider,
  reader: readerDecider,
} as const satisfies Record<AggregateKind, object>;

export type Deciders = typeof deciders;
