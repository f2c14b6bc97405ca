import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Aggregates } from '@parley/kernel/event-store/repository';
import { handOver } from '../turns/hand-over.ts';
import { AGGREGATES } from '../turns/tokens.ts';
import { ReaderTurn } from '../turns/turns.ts';

/** Markers of all rooms of a person share a commit at most every 5 s: the engine makes them wait, so answers do. */
@CommandHandler(ReaderTurn)
export class ReaderTurnHandler implements ICommandHandler<ReaderTurn> {
  readonly #aggregates: Aggregates;
  constructor(@Inject(AGGREGATES) aggregates: object) {
    this.#aggregates = aggregates as Aggregates;
  }

  async execute(turn: ReaderTurn): Promise<void> {
    handOver(this.#aggregates, turn);
  }
}
