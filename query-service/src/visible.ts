import { type Span, type Stay, visibleSpans } from '@parley/contracts/rooms/visible';
import type { Sql } from '@parley/kernel/stores/postgres';
import { notFound } from './problem-error.ts';

/** The spans as a relation `(from_n, to_n, from_ordinal, to_ordinal)`, to be joined with rows of that room. */
export function spansTable(sql: Sql, spans: readonly Span[]) {
  return sql`json_to_recordset(${JSON.stringify(spans)}::text::json) as s("fromN" bigint, "toN" bigint, "fromOrdinal" bigint, "toOrdinal" bigint)`;
}

/** A room as one person meets it. */
export type Access = {
  readonly roomId: string;
  readonly kind: string;
  readonly spans: readonly Span[];
  /** The stay that lasts, if any. */
  readonly current: Stay | undefined;
  readonly n: number;
  readonly ordinal: number;
  readonly members: number;
  readonly parked: boolean;
  /** Which generation of rows this was read from; what is read next is of the same or a newer one. */
  readonly generation: number;
  /** RoomView. */
  readonly view: object;
};

type AccessRow = { generation: number; kind: string; history: 'all' | 'since-join'; n: number; ordinal: number; members: number; parked: boolean; view: object; stays: Stay[] };

/** One read by primary keys: the room, the asker's stays in it, whether it is parked. Undefined: no such room. */
export async function loadAccess(sql: Sql, userId: string, roomId: string): Promise<Access | undefined> {
  const [row] = await sql<AccessRow[]>`
    select r.kind, r.history, r.n, r.ordinal, r.members, v.view, ${staysOf(sql, userId)} as stays,
      exists (select 1 from ops.active_parked p where p.kind = 'room' and p.aggregate = r.room_id and p.projection = 'conversations') as parked,
      (select g.generation from ops.generation g where g.projection = 'conversations' and g.state = 'active') as generation
    from rm.room r join rm.room_view v on v.room_id = r.room_id
    where r.room_id = ${roomId} and r.deleted_n is null`;
  if (!row) return undefined;
  const { history, stays, ...rest } = row;
  return { ...rest, roomId, spans: visibleSpans(history, stays, row), current: stays.find(({ leftN }) => leftN === null) };
}

/** All stays of a person in room `r`, ascending, as JSON. */
export function staysOf(sql: Sql, userId: string) {
  return sql`coalesce((
    select json_agg(json_build_object('joinedN', m.joined_n, 'joinedOrdinal', m.joined_ordinal, 'leftN', m.left_n, 'leftOrdinal', m.left_ordinal, 'role', m.role) order by m.joined_n)
    from rm.member m where m.room_id = r.room_id and m.user_id = ${userId}), '[]'::json)`;
}

/** Access of somebody who is or was a member. Throws not-found otherwise, for rooms that exist and for those that do not. */
export async function accessOrNotFound(sql: Sql, userId: string, roomId: string): Promise<Access> {
  const access = await loadAccess(sql, userId, roomId);
  if (!access || access.spans.length === 0) throw notFound();
  return access;
}

/** Access of a present member. Throws not-found. */
export async function memberOrNotFound(sql: Sql, userId: string, roomId: string): Promise<Access & { readonly current: Stay }> {
  const access = await loadAccess(sql, userId, roomId);
  if (!access?.current) throw notFound();
  return { ...access, current: access.current };
}
