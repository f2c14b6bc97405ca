import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import type { Aggregates } from '@parley/kernel/event-store/repository';
import { handOver } from '../turns/hand-over.ts';
import { AGGREGATES, REGISTRATION } from '../turns/tokens.ts';
import { type Entry, UserTurn } from '../turns/turns.ts';
import type { RegistrationProcess } from './registration.process.ts';

/** Whoever begins to take a name waits for the end: the answer says whether the name is theirs. */
@CommandHandler(UserTurn)
export class UserTurnHandler implements ICommandHandler<UserTurn> {
  readonly #aggregates: Aggregates;
  readonly #process: RegistrationProcess;
  constructor(@Inject(AGGREGATES) aggregates: object, @Inject(REGISTRATION) process: object) {
    this.#aggregates = aggregates as Aggregates;
    this.#process = process as RegistrationProcess;
  }

  async execute(turn: UserTurn): Promise<void> {
    handOver(this.#aggregates, turn, (entry, reply) => this.#goOn(turn.aggregate.id, entry, reply));
  }

  async #goOn(userId: string, { prepared }: Entry, reply: CommandReply): Promise<CommandReply> {
    if (!reply.ok || (prepared.type !== 'start-registration' && prepared.type !== 'rename-user')) return reply;
    const { claimId } = prepared.command as { readonly claimId: string };
    const what = prepared.type === 'rename-user' ? 'rename' : 'registration';
    return this.#process.rollForward({ what, userId, claimId, commandId: prepared.id, atMs: Date.parse(reply.at) }, prepared.deadline);
  }
}
