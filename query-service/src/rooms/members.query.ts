import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { DataOf, ParamsOf } from '@parley/contracts/queries/define';
import { roomMembers } from '@parley/contracts/queries/queries';
import type { MemberView } from '@parley/contracts/queries/views';
import type { Sql } from '@parley/kernel/stores/postgres';
import { decodePage, encodePage } from '../page-token.ts';
import { type Asker, type Found, question, roomLane } from '../question.ts';
import { READ_DB } from '../tokens.ts';
import { memberOrNotFound } from '../visible.ts';

type Params = ParamsOf<typeof roomMembers>;
type Data = DataOf<typeof roomMembers>;

const eventNumber = /^\d{1,15}$/;

export class MembersQuery extends Query<Found<Data>> {
  readonly caller: Asker;
  readonly params: Params;
  constructor(caller: Asker, params: Params) {
    super();
    this.caller = caller;
    this.params = params;
  }
}

@QueryHandler(MembersQuery)
export class MembersHandler implements IQueryHandler<MembersQuery> {
  readonly #sql: Sql;
  constructor(@Inject(READ_DB) sql: Sql) {
    this.#sql = sql;
  }

  async execute({ caller, params: { roomId, limit, page } }: MembersQuery): Promise<Found<Data>> {
    const from = decodePage(page, eventNumber);
    const { parked } = await memberOrNotFound(this.#sql, caller.userId, roomId);
    const rows = await this.#sql<MemberView[]>`
      select user_id as "userId", role, rm.iso(joined_at) as "joinedAt", joined_n as "joinedN" from rm.member
      where room_id = ${roomId} and left_n is null and joined_n > ${Number(from?.key ?? 0)}
      order by joined_n limit ${limit + 1}`;
    const members = rows.slice(0, limit);
    const last = members.at(-1);
    const next = rows.length > limit && last ? encodePage(String(last.joinedN), last.userId) : null;
    return { data: { members, next }, parked };
  }
}

export const membersQuestion = question<typeof roomMembers>({
  definition: roomMembers, query: MembersQuery, handler: MembersHandler, needs: (_caller, { roomId }) => [roomLane(roomId)],
});
