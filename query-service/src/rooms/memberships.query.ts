import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { DataOf, ParamsOf } from '@parley/contracts/queries/define';
import { memberships } from '@parley/contracts/queries/queries';
import { streamNames } from '@parley/contracts/wire/partition';
import type { Sql } from '@parley/kernel/stores/postgres';
import { allRoomLanes, type Asker, type Found, question } from '../question.ts';
import { READ_DB } from '../tokens.ts';

type Params = ParamsOf<typeof memberships>;
type Data = DataOf<typeof memberships>;
type Row = { rooms: Data['rooms']; seqs: Record<string, number> | null; parked: boolean };

export class MembershipsQuery extends Query<Found<Data>> {
  readonly caller: Asker;
  readonly params: Params;
  constructor(caller: Asker, params: Params) {
    super();
    this.caller = caller;
    this.params = params;
  }
}

@QueryHandler(MembershipsQuery)
export class MembershipsHandler implements IQueryHandler<MembershipsQuery> {
  readonly #sql: Sql;
  constructor(@Inject(READ_DB) sql: Sql) {
    this.#sql = sql;
  }

  /** One statement, so that the list and the sequences it is true at are of the same instant. */
  async execute({ params: { userId } }: MembershipsQuery): Promise<Found<Data>> {
    const sql = this.#sql;
    const [row] = await sql<Row[]>`
      select
        coalesce((
          select json_agg(json_build_object('roomId', r.room_id, 'joinedN', m.joined_n, 'lastN', r.n, 'history', r.history, 'members', r.members))
          from rm.member m join rm.room r on r.room_id = m.room_id where m.user_id = ${userId} and m.left_n is null and r.deleted_n is null), '[]'::json) as rooms,
        (select json_object_agg(stream, seq) from ops.active_checkpoint where projection in ('conversations', 'markers')) as seqs,
        exists (select 1 from ops.active_parked p join rm.member m on m.room_id = p.aggregate where p.kind = 'room' and p.projection = 'conversations' and m.user_id = ${userId}) as parked`;
    const { rooms, seqs, parked } = row!;
    return { data: { rooms, seqs: streamNames.map((stream) => seqs?.[stream] ?? 0) }, parked };
  }
}

export const membershipsQuestion = question<typeof memberships>({
  definition: memberships, query: MembershipsQuery, handler: MembershipsHandler, audience: 'system', needs: () => allRoomLanes,
});
