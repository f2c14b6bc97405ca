import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { DataOf, ParamsOf } from '@parley/contracts/queries/define';
import { pinnedMessages } from '@parley/contracts/queries/queries';
import type { MessageView } from '@parley/contracts/queries/views';
import { pinsMax } from '@parley/contracts/rooms/limits';
import type { Sql } from '@parley/kernel/stores/postgres';
import { type Asker, type Found, question, roomLane } from '../question.ts';
import { READ_DB } from '../tokens.ts';
import { accessOrNotFound, spansTable } from '../visible.ts';
import { asOfLeaving } from './page.ts';

type Params = ParamsOf<typeof pinnedMessages>;
type Data = DataOf<typeof pinnedMessages>;

export class PinsQuery extends Query<Found<Data>> {
  readonly caller: Asker;
  readonly params: Params;
  constructor(caller: Asker, params: Params) {
    super();
    this.caller = caller;
    this.params = params;
  }
}

@QueryHandler(PinsQuery)
export class PinsHandler implements IQueryHandler<PinsQuery> {
  readonly #sql: Sql;
  constructor(@Inject(READ_DB) sql: Sql) {
    this.#sql = sql;
  }

  /** In the order in which they were pinned. */
  async execute({ caller, params: { roomId } }: PinsQuery): Promise<Found<Data>> {
    const sql = this.#sql;
    const access = await accessOrNotFound(sql, caller.userId, roomId);
    const lastN = access.current ? Number.MAX_SAFE_INTEGER : access.spans.at(-1)!.toN;
    const rows = await sql<{ view: MessageView }[]>`
      select v.view from ${spansTable(sql, access.spans)}
      join rm.message_view v on v.room_id = ${roomId} and v.n >= s."fromN" and v.n <= s."toN" and v.pinned_n is not null and v.pinned_n <= ${lastN}
      order by v.pinned_n limit ${pinsMax}`;
    return { data: { messages: await asOfLeaving(sql, access, rows.map(({ view }) => view)) }, parked: access.parked };
  }
}

export const pinsQuestion = question<typeof pinnedMessages>({
  definition: pinnedMessages, query: PinsQuery, handler: PinsHandler, needs: (_caller, { roomId }) => [roomLane(roomId)],
});
