import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import type { Sql } from '@parley/kernel/stores/postgres';
import type { Tails } from './messages/tails.ts';
import { questions } from './questions.ts';
import type { Search } from './search/search.query.ts';
import { READ_DB, SEARCH, TAILS } from './tokens.ts';

@Module({})
export class QueryModule {
  /** All handlers, given what they read from. */
  static of(sql: Sql, tails: Tails, search: Search): DynamicModule {
    return {
      module: QueryModule,
      imports: [CqrsModule.forRoot()],
      providers: [{ provide: READ_DB, useValue: sql }, { provide: TAILS, useValue: tails }, { provide: SEARCH, useValue: search }, ...questions.map(({ handler }) => handler)],
    };
  }
}
