import { type Stay, visibleSpans } from '@parley/contracts/rooms/visible';
import type { Sql } from '@parley/kernel/stores/postgres';
import { type Access, staysOf } from '../visible.ts';

/** A room in which somebody may look: what `visible.ts` lets them read of it, as far as the room's rows had come. */
export type SearchedRoom = Pick<Access, 'roomId' | 'spans' | 'current'>;

export type SearchAccess = { readonly rooms: ReadonlyMap<string, SearchedRoom>; readonly parked: boolean };

type Row = { room_id: string; history: 'all' | 'since-join'; n: number; ordinal: number; stays: Stay[]; parked: boolean };

/**
 * Every room that a person is or was in, or the one that is named, in one statement. What is found later than this was
 * read is withheld: it may have been said after somebody was removed.
 */
export async function loadSearchAccess(sql: Sql, userId: string, room: string | undefined): Promise<SearchAccess> {
  const rows = await sql<Row[]>`
    select r.room_id, r.history, r.n, r.ordinal, ${staysOf(sql, userId)} as stays,
      exists (select 1 from ops.active_parked p where p.kind = 'room' and p.aggregate = r.room_id and p.projection = 'conversations') as parked
    from (select distinct m.room_id from rm.member m where m.user_id = ${userId} ${room === undefined ? sql`` : sql`and m.room_id = ${room}`}) w
    join rm.room r on r.room_id = w.room_id
    where r.deleted_n is null`;
  return {
    rooms: new Map(rows.map(({ room_id: roomId, history, stays, n, ordinal }) => [
      roomId, { roomId, spans: visibleSpans(history, stays, { n, ordinal }), current: stays.find(({ leftN }) => leftN === null) },
    ])),
    parked: rows.some(({ parked }) => parked),
  };
}
