import type { MessageView } from '@parley/contracts/queries/views';
import type { Sql } from '@parley/kernel/stores/postgres';
import { type Access, spansTable } from '../visible.ts';

/** Which messages, by ordinals, both included, and from which end. */
export type PageRange = { readonly from: number; readonly to: number; readonly newest: boolean; readonly limit: number };

/** One page of a room's messages within what the asker may read, ascending; at most `limit` rows are read per span. */
export async function readPage(sql: Sql, access: Access, { from, to, newest, limit }: PageRange): Promise<MessageView[]> {
  if (limit < 1 || from > to) return [];
  const order = newest ? sql`desc` : sql`asc`;
  const rows = await sql<{ view: MessageView }[]>`
    select p.view from ${spansTable(sql, access.spans)} cross join lateral (
      select v.ordinal, v.view from rm.message_view v
      where v.room_id = ${access.roomId} and v.ordinal >= greatest(s."fromOrdinal", ${from}::bigint) and v.ordinal <= least(s."toOrdinal", ${to}::bigint)
      order by v.ordinal ${order} limit ${limit}) p
    order by p.ordinal ${order} limit ${limit}`;
  const messages = rows.map(({ view }) => view);
  if (newest) messages.reverse();
  return asOfLeaving(sql, access, messages);
}

/**
 * Who has left reads messages as they were then: a later edit is an event that they may not see. Text and reactions go
 * back to that moment; what only later events could tell (a link, mentions) is left out.
 */
export async function asOfLeaving(sql: Sql, access: Pick<Access, 'roomId' | 'spans' | 'current'>, messages: MessageView[]): Promise<MessageView[]> {
  const leftN = access.spans.at(-1)?.toN;
  if (access.current || leftN === undefined) return messages;
  const later = messages.filter(({ revision }) => revision > leftN);
  if (later.length === 0) return messages;
  const rows = await sql<{ n: number; changed: boolean; text: string | null; at: string | null; reactions: MessageView['reactions']; pinned: boolean }[]>`
    select m.n, exists (select 1 from rm.message_edit e where e.room_id = m.room_id and e.message_n = m.n and e.n > ${leftN}) as changed,
      old.text, rm.iso(old.at) as at, m.pinned_n is not null and m.pinned_n <= ${leftN} as pinned,
      coalesce((select json_agg(json_build_object('emoji', g.emoji, 'users', g.users) order by g.since_n) from (
        select x.emoji, min(x.since_n) as since_n, json_agg(x.user_id order by x.n) as users from rm.reaction x
        where x.room_id = m.room_id and x.message_n = m.n and x.n <= ${leftN} group by x.emoji) g), '[]'::json) as reactions
    from json_array_elements_text(${JSON.stringify(later.map(({ n }) => n))}::text::json) as w(n)
    cross join lateral (select * from rm.message x where x.room_id = ${access.roomId} and x.n = w.n::bigint limit 1) m
    left join lateral (
      select e.text, case when e.n > m.n then e.at end as at from rm.message_edit e
      where e.room_id = m.room_id and e.message_n = m.n and e.n <= ${leftN} order by e.n desc limit 1) old on true`;
  const then = new Map(rows.map((row) => [row.n, row]));
  return messages.map((message) => {
    const row = then.get(message.n);
    if (!row) return message;
    const { reactions, pinned } = row;
    const back = { ...message, revision: Math.max(message.n, Math.min(message.revision, leftN)), reactions, pinned };
    if (!row.changed || message.state === 'redacted') return back;
    return { ...back, text: row.text, state: row.text === null ? 'erased' : 'shown', editedAt: row.at, hasLink: false, mentions: [] };
  });
}
