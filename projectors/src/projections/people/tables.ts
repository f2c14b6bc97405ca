import type { TableDefinitions } from '../../runner/projection.ts';

/** People as they are now. */
export const peopleTables: TableDefinitions = {
  tables: `
create table app_user (
  user_id      uuid primary key,
  kind         text not null check (kind in ('named', 'guest', 'imported')),
  state        text not null check (state in ('pending', 'active', 'refused')),
  -- Null: not registered yet, or erased.
  name         text,
  pending_name text,
  number       bigint,
  source       text,
  status_text  text,
  status_emoji text,
  n            bigint not null
);`,
  keys: '',
  indexes: `
create index user_name on app_user (lower(name), user_id) where state = 'active';`,
  views: ['app_user'],
};
