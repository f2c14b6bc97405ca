import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { DataOf, ParamsOf } from '@parley/contracts/queries/define';
import { myRooms } from '@parley/contracts/queries/queries';
import type { Sql } from '@parley/kernel/stores/postgres';
import { decodePage, encodePage } from '../page-token.ts';
import { allRoomLanes, type Asker, type Found, markerLane, question } from '../question.ts';
import { READ_DB } from '../tokens.ts';
import { loadMyRooms } from './my-room-view.ts';

type Params = ParamsOf<typeof myRooms>;
type Data = DataOf<typeof myRooms>;

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export class MyRoomsQuery extends Query<Found<Data>> {
  readonly caller: Asker;
  readonly params: Params;
  constructor(caller: Asker, params: Params) {
    super();
    this.caller = caller;
    this.params = params;
  }
}

@QueryHandler(MyRoomsQuery)
export class MyRoomsHandler implements IQueryHandler<MyRoomsQuery> {
  readonly #sql: Sql;
  constructor(@Inject(READ_DB) sql: Sql) {
    this.#sql = sql;
  }

  async execute({ caller, params: { limit, page } }: MyRoomsQuery): Promise<Found<Data>> {
    const from = decodePage(page, instant);
    const after = from && { activeAt: from.key, roomId: from.id };
    const { rooms, next, parked } = await loadMyRooms(this.#sql, caller.userId, { limit, after });
    return { data: { rooms, next: next ? encodePage(next.activeAt, next.roomId) : null }, parked };
  }
}

export const myRoomsQuestion = question<typeof myRooms>({
  definition: myRooms, query: MyRoomsQuery, handler: MyRoomsHandler, needs: ({ userId }) => [...allRoomLanes, markerLane(userId)],
});
