import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Aggregates } from '@parley/kernel/event-store/repository';
import { handOver } from '../turns/hand-over.ts';
import { AGGREGATES } from '../turns/tokens.ts';
import { RoomTurn } from '../turns/turns.ts';

@CommandHandler(RoomTurn)
export class RoomTurnHandler implements ICommandHandler<RoomTurn> {
  readonly #aggregates: Aggregates;
  constructor(@Inject(AGGREGATES) aggregates: object) {
    this.#aggregates = aggregates as Aggregates;
  }

  async execute(turn: RoomTurn): Promise<void> {
    handOver(this.#aggregates, turn);
  }
}
