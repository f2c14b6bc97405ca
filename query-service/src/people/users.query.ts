import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { UserId } from '@parley/contracts/ids';
import type { DataOf, ParamsOf } from '@parley/contracts/queries/define';
import { users } from '@parley/contracts/queries/queries';
import type { UserView } from '@parley/contracts/queries/views';
import type { Sql } from '@parley/kernel/stores/postgres';
import { invalid } from '../problem-error.ts';
import { allPersonLanes, type Asker, type Found, personLane, question, roomLane } from '../question.ts';
import { READ_DB } from '../tokens.ts';
import { memberOrNotFound } from '../visible.ts';

type Params = ParamsOf<typeof users>;
type Data = DataOf<typeof users>;
type Row = { view: UserView; parked: boolean };

const idsMax = 200;

export class UsersQuery extends Query<Found<Data>> {
  readonly caller: Asker;
  readonly params: Params;
  constructor(caller: Asker, params: Params) {
    super();
    this.caller = caller;
    this.params = params;
  }
}

@QueryHandler(UsersQuery)
export class UsersHandler implements IQueryHandler<UsersQuery> {
  readonly #sql: Sql;
  constructor(@Inject(READ_DB) sql: Sql) {
    this.#sql = sql;
  }

  async execute({ caller, params }: UsersQuery): Promise<Found<Data>> {
    const { ids, room } = params;
    if (ids !== undefined && room !== undefined) throw invalid('room', 'goes with the beginning of a name');
    const access = room === undefined ? undefined : await memberOrNotFound(this.#sql, caller.userId, room);
    const rows = await (ids === undefined ? this.#byName(params) : this.#byIds(idsOf(ids)));
    return { data: { users: rows.map(({ view }) => view) }, parked: access?.parked === true || rows.some(({ parked }) => parked) };
  }

  #byIds(ids: readonly string[]): Promise<readonly Row[]> {
    const sql = this.#sql;
    return sql<Row[]>`
      select u.view, ${parkedPerson(sql)} as parked
      from json_array_elements_text(${JSON.stringify(ids)}::text::json) with ordinality as w(id, place)
      join rm.user_view u on u.user_id = w.id::uuid and u.state = 'active' order by w.place`;
  }

  async #byName({ name, room, limit }: Params): Promise<readonly Row[]> {
    if (name === undefined) throw invalid('ids', 'give ids or the beginning of a name');
    if (name.includes('\u0000') || !name.isWellFormed()) return [];
    const prefix = name.toLowerCase();
    // Everything that begins with the prefix sorts at or above it and below the prefix followed by the last character there is.
    const sql = this.#sql;
    const inRoom = room === undefined ? sql`` : sql`and exists (select 1 from rm.member m where m.room_id = ${room} and m.user_id = p.user_id and m.left_n is null)`;
    return sql<Row[]>`
      select u.view, ${parkedPerson(sql)} as parked from rm.user_view u join rm.app_user p on p.user_id = u.user_id
      where p.state = 'active' and lower(p.name) >= ${prefix} and lower(p.name) < ${`${prefix}\u{10ffff}`} ${inRoom}
      order by lower(p.name), p.user_id limit ${limit}`;
  }
}

/** Whether person `u` is set aside. */
const parkedPerson = (sql: Sql) => sql`exists (select 1 from ops.active_parked x where x.kind = 'user' and x.aggregate = u.user_id::text and x.projection = 'people')`;

function idsOf(list: string): string[] {
  const ids = [...new Set(list.split(','))];
  if (ids.length > idsMax) throw invalid('ids', `at most ${idsMax}`);
  if (!ids.every((id) => UserId.safeParse(id).success)) throw invalid('ids', 'ids of people, separated by commas');
  return ids;
}

export const usersQuestion = question<typeof users>({
  definition: users, query: UsersQuery, handler: UsersHandler, position: 'people',
  needs: (_caller, { ids, room }) => {
    if (ids !== undefined) return ids.split(',').slice(0, idsMax).map((id) => personLane(id));
    return room === undefined ? allPersonLanes : [...allPersonLanes, roomLane(room)];
  },
});
