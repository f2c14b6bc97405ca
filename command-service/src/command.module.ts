import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import type { Aggregates } from '@parley/kernel/event-store/repository';
import { ReaderTurnHandler } from './readers/reader-turn.handler.ts';
import { RoomTurnHandler } from './rooms/room-turn.handler.ts';
import { AGGREGATES, REGISTRATION } from './turns/tokens.ts';
import { ClaimTurnHandler } from './users/claim-turn.handler.ts';
import type { RegistrationProcess } from './users/registration.process.ts';
import { UserTurnHandler } from './users/user-turn.handler.ts';

/** Handlers of turns, one per context. What they need was made before: nothing here has state of its own. */
@Module({})
export class CommandModule {
  static of(aggregates: Aggregates, registration: RegistrationProcess): DynamicModule {
    return {
      module: CommandModule,
      imports: [CqrsModule.forRoot()],
      providers: [
        { provide: AGGREGATES, useValue: aggregates },
        { provide: REGISTRATION, useValue: registration },
        RoomTurnHandler, UserTurnHandler, ClaimTurnHandler, ReaderTurnHandler,
      ],
    };
  }
}
