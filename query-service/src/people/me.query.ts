import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { DataOf, ParamsOf } from '@parley/contracts/queries/define';
import { me } from '@parley/contracts/queries/queries';
import type { Sql } from '@parley/kernel/stores/postgres';
import { notFound } from '../problem-error.ts';
import { type Asker, type Found, personLane, question } from '../question.ts';
import { READ_DB } from '../tokens.ts';

type Params = ParamsOf<typeof me>;
type Data = DataOf<typeof me>;

export class MeQuery extends Query<Found<Data>> {
  readonly caller: Asker;
  readonly params: Params;
  constructor(caller: Asker, params: Params) {
    super();
    this.caller = caller;
    this.params = params;
  }
}

@QueryHandler(MeQuery)
export class MeHandler implements IQueryHandler<MeQuery> {
  readonly #sql: Sql;
  constructor(@Inject(READ_DB) sql: Sql) {
    this.#sql = sql;
  }

  async execute({ caller: { userId } }: MeQuery): Promise<Found<Data>> {
    const sql = this.#sql;
    const [row] = await sql<{ view: Data; parked: boolean }[]>`
      select view, exists (select 1 from ops.active_parked where kind = 'user' and aggregate = ${userId} and projection = 'people') as parked
      from rm.user_view where user_id = ${userId} and state = 'active'`;
    if (!row) throw notFound();
    return { data: row.view, parked: row.parked };
  }
}

export const meQuestion = question<typeof me>({
  definition: me, query: MeQuery, handler: MeHandler, position: 'people', needs: ({ userId }) => [personLane(userId)],
});
