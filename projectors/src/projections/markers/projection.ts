import { readerMarked } from '@parley/contracts/readers/events';
import { eventStreams, streamNames } from '@parley/contracts/wire/partition';
import { Poison } from '../../runner/failures.ts';
import type { Projection } from '../../runner/projection.ts';
import { markerTables } from './tables.ts';

type MarkerRow = { user_id: string; room_id: string; n: number };

/** How far each person has read in each room. A marker only moves forward, so nothing has to be read first. */
export const markers: Projection<Map<string, MarkerRow>> = {
  name: 'markers',
  version: 1,
  tables: markerTables,
  streams: streamNames.slice(eventStreams),
  kinds: ['reader'],
  load: async () => new Map(),
  fold(rows, { id, events }) {
    for (const { type, data } of events) {
      if (type !== readerMarked.type) throw new Poison('unfolded', type);
      const row = { user_id: id, room_id: data['roomId'] as string, n: data['n'] as number };
      const key = `${row.user_id} ${row.room_id}`;
      if ((rows.get(key)?.n ?? 0) < row.n) rows.set(key, row);
    }
  },
  save: (tx, schema, rows) =>
    rows.size === 0 ? [] : [tx`
      insert into ${tx(schema)}.reader_marker as m (user_id, room_id, n)
      select * from json_to_recordset(${JSON.stringify([...rows.values()])}::text::json) as w(user_id uuid, room_id text, n bigint)
      order by user_id, room_id
      on conflict (user_id, room_id) do update set n = excluded.n where m.n < excluded.n`],
};
