import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { DataOf, ParamsOf } from '@parley/contracts/queries/define';
import { oneRoom } from '@parley/contracts/queries/queries';
import type { Sql } from '@parley/kernel/stores/postgres';
import { notFound } from '../problem-error.ts';
import { type Asker, type Found, markerLane, question, roomLane } from '../question.ts';
import { READ_DB } from '../tokens.ts';
import { loadAccess } from '../visible.ts';
import { loadMyRooms } from './my-room-view.ts';

type Params = ParamsOf<typeof oneRoom>;
type Data = DataOf<typeof oneRoom>;

export class RoomQuery extends Query<Found<Data>> {
  readonly caller: Asker;
  readonly params: Params;
  constructor(caller: Asker, params: Params) {
    super();
    this.caller = caller;
    this.params = params;
  }
}

@QueryHandler(RoomQuery)
export class RoomHandler implements IQueryHandler<RoomQuery> {
  readonly #sql: Sql;
  constructor(@Inject(READ_DB) sql: Sql) {
    this.#sql = sql;
  }

  /** A member's own view; for others the card of a public room; anything else does not exist. */
  async execute({ caller, params: { roomId } }: RoomQuery): Promise<Found<Data>> {
    const { rooms, parked } = await loadMyRooms(this.#sql, caller.userId, { limit: 1, roomId });
    if (rooms[0]) return { data: rooms[0], parked };
    const access = await loadAccess(this.#sql, caller.userId, roomId);
    if (access?.kind !== 'public') throw notFound();
    return { data: access.view as Data, parked: access.parked };
  }
}

export const roomQuestion = question<typeof oneRoom>({
  definition: oneRoom, query: RoomQuery, handler: RoomHandler, needs: ({ userId }, { roomId }) => [roomLane(roomId), markerLane(userId)],
});
