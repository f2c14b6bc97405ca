import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { DataOf, ParamsOf } from '@parley/contracts/queries/define';
import { publicRooms } from '@parley/contracts/queries/queries';
import type { RoomView } from '@parley/contracts/queries/views';
import type { Sql } from '@parley/kernel/stores/postgres';
import { decodePage, encodePage } from '../page-token.ts';
import { allRoomLanes, type Asker, type Found, question } from '../question.ts';
import { READ_DB } from '../tokens.ts';

type Params = ParamsOf<typeof publicRooms>;
type Data = DataOf<typeof publicRooms>;

/** Names are told apart by this many characters when a list goes on; more does not fit a page token. */
const keyCharsMax = 20;
const anyKey = /^.{0,20}$/su;

export class PublicRoomsQuery extends Query<Found<Data>> {
  readonly caller: Asker;
  readonly params: Params;
  constructor(caller: Asker, params: Params) {
    super();
    this.caller = caller;
    this.params = params;
  }
}

@QueryHandler(PublicRoomsQuery)
export class PublicRoomsHandler implements IQueryHandler<PublicRoomsQuery> {
  readonly #sql: Sql;
  constructor(@Inject(READ_DB) sql: Sql) {
    this.#sql = sql;
  }

  async execute({ params: { limit, page } }: PublicRoomsQuery): Promise<Found<Data>> {
    const sql = this.#sql;
    const from = decodePage(page, anyKey);
    const rows = await sql<{ view: RoomView; key: string; parked: boolean }[]>`
      select v.view, left(lower(coalesce(r.name, '')), ${keyCharsMax}) as key,
        exists (select 1 from ops.active_parked p where p.kind = 'room' and p.aggregate = r.room_id and p.projection = 'conversations') as parked
      from rm.room r join rm.room_view v on v.room_id = r.room_id
      where r.kind = 'public' and r.deleted_n is null and not r.archived
        ${from ? sql`and (left(lower(coalesce(r.name, '')), ${keyCharsMax}), r.room_id) > (${from.key}, ${from.id})` : sql``}
      order by left(lower(coalesce(r.name, '')), ${keyCharsMax}), r.room_id limit ${limit + 1}`;
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const next = rows.length > limit && last ? encodePage(last.key, last.view.roomId) : null;
    return { data: { rooms: shown.map(({ view }) => view), next }, parked: shown.some(({ parked }) => parked) };
  }
}

export const publicRoomsQuestion = question<typeof publicRooms>({
  definition: publicRooms, query: PublicRoomsQuery, handler: PublicRoomsHandler, needs: () => allRoomLanes,
});
