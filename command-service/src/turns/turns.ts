import { Command } from '@nestjs/cqrs';
import type { AggregateKind, AggregateRef } from '@parley/contracts/envelope/commit';
import type { Command as Wish } from '@parley/contracts/registry/commands';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import type { PreparedCommand } from '@parley/kernel/event-store/pending';

/** One prepared command and the way back to whoever asked. `reply` is called exactly once. */
export type Entry = { readonly command: Wish; readonly prepared: PreparedCommand; readonly reply: (reply: CommandReply) => void };

/**
 * Commands that came for one aggregate within one turn of the event loop. The bus is entered once for all of them:
 * a hundred senders in one room cost one dispatch, and leave in one commit.
 */
export class AggregateTurn extends Command<void> {
  readonly aggregate: AggregateRef;
  readonly entries: readonly Entry[];
  constructor(aggregate: AggregateRef, entries: readonly Entry[]) {
    super();
    this.aggregate = aggregate;
    this.entries = entries;
  }
}

export class RoomTurn extends AggregateTurn {}
export class UserTurn extends AggregateTurn {}
/** Names and numbers: the aggregates that only services and processes write to. */
export class ClaimTurn extends AggregateTurn {}
export class ReaderTurn extends AggregateTurn {}

export const turnOf = {
  room: RoomTurn,
  user: UserTurn,
  claim: ClaimTurn,
  counter: ClaimTurn,
  reader: ReaderTurn,
} as const satisfies Record<AggregateKind, typeof AggregateTurn>;
