import { isVisible } from '@parley/contracts/rooms/visible';
import type { SearchHit } from '@parley/contracts/queries/search';
import type { MessageView } from '@parley/contracts/queries/views';
import { versionOf } from '@parley/kernel/search/document';
import { highlightsOf } from '@parley/kernel/search/highlight';
import { matches } from '@parley/kernel/search/match';
import { wordsOf } from '@parley/kernel/search/tokens';
import type { Sql } from '@parley/kernel/stores/postgres';
import { asOfLeaving } from '../messages/page.ts';
import type { SearchAccess } from './search-access.ts';
import type { Candidate, Sought } from './search-index.ts';

/**
 * Reads candidates from the rows that every query reads. What may not be seen, is not shown any more, or was changed
 * since it was indexed and does not match any more is no hit: an index is never believed about what is said.
 */
export async function showHits(sql: Sql, access: SearchAccess, { query, hasLink }: Sought, candidates: readonly Candidate[]): Promise<(SearchHit | undefined)[]> {
  const allowed = candidates.filter(({ room, n }) => isVisible(access.rooms.get(room)?.spans ?? [], n));
  const views = await readMessages(sql, access, allowed);
  return candidates.map((candidate) => {
    const message = views.get(keyOf(candidate.room, candidate.n));
    if (message?.state !== 'shown' || message.text === null) return undefined;
    const isAsIndexed = candidate.version === versionOf(message.revision, true);
    if (!isAsIndexed && !(matches(query, wordsOf(message.text)) && (hasLink === undefined || message.hasLink === hasLink))) return undefined;
    return { message, highlights: highlightsOf(query, message.text) };
  });
}

const keyOf = (room: string, n: number): string => `${room} ${n}`;

async function readMessages(sql: Sql, access: SearchAccess, candidates: readonly Candidate[]): Promise<Map<string, MessageView>> {
  if (candidates.length === 0) return new Map();
  const rows = await sql<{ view: MessageView }[]>`
    select m.view from json_to_recordset(${JSON.stringify(candidates.map(({ room, n }) => ({ room, n })))}::text::json) as w(room text, n bigint)
    cross join lateral (select v.view from rm.message_view v where v.room_id = w.room and v.n = w.n limit 1) m`;
  const views = rows.map(({ view }) => view);
  // Who left reads as it was then, also here.
  const left = [...access.rooms.values()].filter(({ current }) => !current);
  const then = await Promise.all(left.map((room) => asOfLeaving(sql, room, views.filter(({ roomId }) => roomId === room.roomId))));
  const all = [...views.filter(({ roomId }) => access.rooms.get(roomId)?.current), ...then.flat()];
  return new Map(all.map((view) => [keyOf(view.roomId, view.n), view]));
}
