import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Aggregates } from '@parley/kernel/event-store/repository';
import { handOver } from '../turns/hand-over.ts';
import { AGGREGATES } from '../turns/tokens.ts';
import { ClaimTurn } from '../turns/turns.ts';

@CommandHandler(ClaimTurn)
export class ClaimTurnHandler implements ICommandHandler<ClaimTurn> {
  readonly #aggregates: Aggregates;
  constructor(@Inject(AGGREGATES) aggregates: object) {
    this.#aggregates = aggregates as Aggregates;
  }

  async execute(turn: ClaimTurn): Promise<void> {
    handOver(this.#aggregates, turn);
  }
}
