import type { TableDefinitions } from '../../runner/projection.ts';

/** How far each person has read in each room. */
export const markerTables: TableDefinitions = {
  tables: `
-- A max-register per person and room.
create table reader_marker (
  user_id uuid not null,
  room_id text not null,
  n       bigint not null,
  primary key (user_id, room_id)
) with (fillfactor = 70);`,
  keys: '',
  indexes: `
create index reader_marker_room on reader_marker (room_id, user_id) include (n);`,
  views: ['reader_marker'],
};
