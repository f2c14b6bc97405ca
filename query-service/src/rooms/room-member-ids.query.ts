import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { UserId } from '@parley/contracts/ids';
import type { DataOf, ParamsOf } from '@parley/contracts/queries/define';
import { roomMemberIds } from '@parley/contracts/queries/queries';
import { roomMembersMax } from '@parley/contracts/rooms/limits';
import type { Sql } from '@parley/kernel/stores/postgres';
import { type Asker, type Found, question, roomLane } from '../question.ts';
import { READ_DB } from '../tokens.ts';

type Params = ParamsOf<typeof roomMemberIds>;
type Data = DataOf<typeof roomMemberIds>;

export class RoomMemberIdsQuery extends Query<Found<Data>> {
  readonly caller: Asker;
  readonly params: Params;
  constructor(caller: Asker, params: Params) {
    super();
    this.caller = caller;
    this.params = params;
  }
}

@QueryHandler(RoomMemberIdsQuery)
export class RoomMemberIdsHandler implements IQueryHandler<RoomMemberIdsQuery> {
  readonly #sql: Sql;
  constructor(@Inject(READ_DB) sql: Sql) {
    this.#sql = sql;
  }

  async execute({ params: { roomId } }: RoomMemberIdsQuery): Promise<Found<Data>> {
    const sql = this.#sql;
    const [rows, parked] = await Promise.all([
      sql<{ user_id: UserId }[]>`select user_id from rm.member where room_id = ${roomId} and left_n is null order by joined_n limit ${roomMembersMax}`,
      sql`select 1 from ops.active_parked where kind = 'room' and aggregate = ${roomId} and projection = 'conversations'`,
    ]);
    return { data: { userIds: rows.map(({ user_id }) => user_id) }, parked: parked.length > 0 };
  }
}

export const roomMemberIdsQuestion = question<typeof roomMemberIds>({
  definition: roomMemberIds, query: RoomMemberIdsQuery, handler: RoomMemberIdsHandler, audience: 'system', needs: (_caller, { roomId }) => [roomLane(roomId)],
});
