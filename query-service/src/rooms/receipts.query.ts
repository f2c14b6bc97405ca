import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { UserId } from '@parley/contracts/ids';
import type { DataOf, ParamsOf } from '@parley/contracts/queries/define';
import { receipts } from '@parley/contracts/queries/queries';
import { receiptMembersMax } from '@parley/contracts/rooms/limits';
import type { Sql } from '@parley/kernel/stores/postgres';
import { allMarkerLanes, type Asker, type Found, question, roomLane } from '../question.ts';
import { READ_DB } from '../tokens.ts';
import { memberOrNotFound } from '../visible.ts';

type Params = ParamsOf<typeof receipts>;
type Data = DataOf<typeof receipts>;

export class ReceiptsQuery extends Query<Found<Data>> {
  readonly caller: Asker;
  readonly params: Params;
  constructor(caller: Asker, params: Params) {
    super();
    this.caller = caller;
    this.params = params;
  }
}

@QueryHandler(ReceiptsQuery)
export class ReceiptsHandler implements IQueryHandler<ReceiptsQuery> {
  readonly #sql: Sql;
  constructor(@Inject(READ_DB) sql: Sql) {
    this.#sql = sql;
  }

  /** How far each present member has read; of a room above 100 members, nothing. */
  async execute({ caller, params: { roomId } }: ReceiptsQuery): Promise<Found<Data>> {
    const { members, parked } = await memberOrNotFound(this.#sql, caller.userId, roomId);
    if (members > receiptMembersMax) return { data: { markers: [] }, parked };
    const markers = await this.#sql<{ userId: UserId; n: number }[]>`
      select k.user_id as "userId", k.n from rm.member m join rm.reader_marker k on k.room_id = m.room_id and k.user_id = m.user_id
      where m.room_id = ${roomId} and m.left_n is null order by m.joined_n limit ${receiptMembersMax}`;
    return { data: { markers: [...markers] }, parked };
  }
}

export const receiptsQuestion = question<typeof receipts>({
  definition: receipts, query: ReceiptsQuery, handler: ReceiptsHandler, needs: (_caller, { roomId }) => [roomLane(roomId), ...allMarkerLanes],
});
