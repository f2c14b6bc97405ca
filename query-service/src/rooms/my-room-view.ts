import type { MyRoomView } from '@parley/contracts/queries/views';
import { type Stay, visibleSpans } from '@parley/contracts/rooms/visible';
import type { Sql } from '@parley/kernel/stores/postgres';
import { staysOf } from '../visible.ts';

/** Counting stops here: "999+" needs no more. */
const unreadMax = 1_000;

export type RoomPage = { readonly limit: number; readonly after?: { readonly activeAt: string; readonly roomId: string } | undefined; readonly roomId?: string };
export type MyRooms = { readonly rooms: MyRoomView[]; readonly parked: boolean; readonly next: { readonly activeAt: string; readonly roomId: string } | undefined };

type Row = {
  room_id: string; kind: string; history: 'all' | 'since-join'; n: number; ordinal: number; active_at: string; joined_n: number; role: MyRoomView['role'];
  marker: number; partner: MyRoomView['partner']; view: object; stays: Stay[]; parked: boolean;
};
type Counts = { room_id: string; unread: number; mentions: number; last: MyRoomView['last'] };

/** Rooms of a person, newest activity first, as they appear in a list: with last visible message, unread and mentions. */
export async function loadMyRooms(sql: Sql, userId: string, { limit, after, roomId }: RoomPage): Promise<MyRooms> {
  const found = await sql<Row[]>`
    select r.room_id, r.kind, r.history, r.n, r.ordinal, rm.iso(r.active_at) as active_at, c.joined_n, c.role, coalesce(k.n, 0) as marker, v.view,
      case when r.kind = 'direct' then (
        select x.user_id from rm.member x where x.room_id = r.room_id and x.user_id <> c.user_id order by x.joined_n limit 1) end as partner,
      ${staysOf(sql, userId)} as stays,
      exists (select 1 from ops.active_parked p where p.kind = 'room' and p.aggregate = r.room_id and p.projection = 'conversations') as parked
    from rm.member c join rm.room r on r.room_id = c.room_id join rm.room_view v on v.room_id = r.room_id
    left join rm.reader_marker k on k.user_id = c.user_id and k.room_id = c.room_id
    where c.user_id = ${userId} and c.left_n is null and r.deleted_n is null
      ${roomId === undefined ? sql`` : sql`and c.room_id = ${roomId}`}
      ${after === undefined ? sql`` : sql`and (r.active_at, r.room_id) < (${after.activeAt}::text::timestamptz, ${after.roomId})`}
    order by r.active_at desc, r.room_id desc limit ${limit + 1}`;
  const rows = found.slice(0, limit);
  const spans = new Map(rows.map((row) => [row.room_id, visibleSpans(row.history, row.stays, row)]));
  const counts = await loadCounts(sql, userId, rows.map(({ room_id, marker }) => ({ room_id, marker, spans: spans.get(room_id)! })));
  const rooms = rows.map((row) => {
    const { unread = 0, mentions = 0, last = null } = counts.get(row.room_id) ?? {};
    return {
      ...row.view, role: row.role, joinedN: row.joined_n, firstOrdinal: spans.get(row.room_id)![0]!.fromOrdinal, unread, mentions, marker: row.marker, last, partner: row.partner,
    } as unknown as MyRoomView;
  });
  const end = rows.at(-1);
  return {
    rooms,
    parked: rows.some(({ parked }) => parked),
    next: found.length > limit && end ? { activeAt: end.active_at, roomId: end.room_id } : undefined,
  };
}

/** Unread is counted when asked, from the covering key alone: others' messages above the marker, visible, not redacted. */
async function loadCounts(sql: Sql, userId: string, rooms: readonly object[]): Promise<Map<string, Counts>> {
  if (rooms.length === 0) return new Map();
  const spans = sql`json_to_recordset(w.spans) as s("fromN" bigint, "toN" bigint, "fromOrdinal" bigint, "toOrdinal" bigint)`;
  const counts = await sql<Counts[]>`
    select w.room_id,
      (select count(*)::int from (
        select 1 from ${spans} cross join lateral (
          select 1 from rm.message m where m.room_id = w.room_id and m.n > greatest(w.marker, s."fromN" - 1) and m.n <= s."toN"
            and m.author <> ${userId} and m.state <> 'redacted' limit ${unreadMax}) x limit ${unreadMax}) y) as unread,
      (select count(*)::int from (
        select 1 from ${spans} join rm.mention m on m.user_id = ${userId} and m.room_id = w.room_id and m.message_n > greatest(w.marker, s."fromN" - 1)
          and m.message_n <= s."toN" and m.author <> ${userId} limit ${unreadMax}) y) as mentions,
      (select p.view from ${spans} cross join lateral (
        select v.ordinal, v.view from rm.message_view v where v.room_id = w.room_id and v.ordinal >= s."fromOrdinal" and v.ordinal <= s."toOrdinal"
        order by v.ordinal desc limit 1) p order by p.ordinal desc limit 1) as last
    from json_to_recordset(${JSON.stringify(rooms)}::text::json) as w(room_id text, marker bigint, spans json)`;
  return new Map(counts.map((row) => [row.room_id, row]));
}
