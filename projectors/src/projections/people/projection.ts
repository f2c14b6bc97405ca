import { eventStreams, streamNames } from '@parley/contracts/wire/partition';
import type { Projection, Tx } from '../../runner/projection.ts';
import { foldUserCommit, type PeopleRows, type PersonRow } from './fold.ts';
import { peopleTables } from './tables.ts';

/** People: names once they are claimed, guests by number, status. */
export const people: Projection<PeopleRows> = {
  name: 'people',
  version: 1,
  tables: peopleTables,
  streams: streamNames.slice(0, eventStreams),
  kinds: ['user'],
  load: async (tx, schema, commits) => loadPeople(tx, schema, [...new Set(commits.map(({ id }) => id))]),
  fold: foldUserCommit,
  erasable: { app_user: ['name', 'pending_name', 'status_text', 'status_emoji'] },
  save: (tx, schema, rows) => [tx`
    insert into ${tx(schema)}.app_user as u (user_id, kind, state, name, pending_name, number, source, status_text, status_emoji, n)
    select * from json_to_recordset(${JSON.stringify([...rows.values()])}::text::json) as w(user_id uuid, kind text, state text, name text, pending_name text,
      number bigint, source text, status_text text, status_emoji text, n bigint)
    order by user_id
    on conflict (user_id) do update set kind = excluded.kind, state = excluded.state, name = excluded.name, pending_name = excluded.pending_name,
      number = excluded.number, source = excluded.source, status_text = excluded.status_text, status_emoji = excluded.status_emoji, n = excluded.n
    where u.n < excluded.n`],
};

async function loadPeople(tx: Tx, schema: string, ids: readonly string[]): Promise<PeopleRows> {
  const found = await tx<PersonRow[]>`
    select u.* from json_array_elements_text(${JSON.stringify(ids)}::text::json) as w(id) join ${tx(schema)}.app_user u on u.user_id = w.id::uuid`;
  return new Map(found.map((row) => [row.user_id, { ...row }]));
}
