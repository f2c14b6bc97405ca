import { messagePosted, messageReacted, messageUnreacted } from '@parley/contracts/messages/events';
import { memberJoined, memberLeft, memberRemoved, memberRoleChanged, roomDeleted } from '@parley/contracts/rooms/events';
import type { OpenedCommit, Tx } from '../../runner/projection.ts';
import { type ConversationRows, emptyRows, groupKey, memberKey, messageKey, type MessageRow, reactionKey, type RoomRow, type StayRow } from './rows.ts';

const aboutStay: ReadonlySet<string> = new Set([memberJoined.type, memberLeft.type, memberRemoved.type, memberRoleChanged.type]);

type Wanted = {
  readonly rooms: Set<string>;
  readonly people: Map<string, { room_id: string; user_id: string }>;
  readonly targets: Map<string, { room_id: string; n: number }>;
  readonly groups: Map<string, { room_id: string; n: number; emoji: string }>;
  readonly reactions: Map<string, { room_id: string; n: number; emoji: string; user_id: string }>;
};

/** Which rows of before the events of some commits can depend on: not messages that these commits post themselves. */
function wantedOf(commits: readonly OpenedCommit[]): Wanted {
  const firstN = new Map<string, number>();
  for (const { id, n } of commits) if (!firstN.has(id)) firstN.set(id, n);
  const wanted: Wanted = { rooms: new Set(), people: new Map(), targets: new Map(), groups: new Map(), reactions: new Map() };
  for (const { id: room_id, events } of commits) {
    wanted.rooms.add(room_id);
    for (const { type, data, by } of events) {
      if (aboutStay.has(type)) {
        const user_id = data['userId'] as string;
        wanted.people.set(memberKey(room_id, user_id), { room_id, user_id });
      }
      const n = data['targetN'] as number | undefined;
      if (n === undefined || type === messagePosted.type || n >= firstN.get(room_id)!) continue;
      wanted.targets.set(messageKey(room_id, n), { room_id, n });
      if (type !== messageReacted.type && type !== messageUnreacted.type) continue;
      const emoji = data['emoji'] as string;
      wanted.groups.set(groupKey(room_id, n, emoji), { room_id, n, emoji });
      wanted.reactions.set(reactionKey(room_id, n, by, emoji), { room_id, n, emoji, user_id: by });
    }
  }
  return wanted;
}

/** Whether commits change messages that others before them posted. */
export const reachesBack = (commits: readonly OpenedCommit[]): boolean => wantedOf(commits).targets.size > 0;

/** Reads all of it at once; a kind of row that nothing asks for costs no statement. */
export async function loadRows(tx: Tx, schema: string, commits: readonly OpenedCommit[]): Promise<ConversationRows> {
  const wanted = wantedOf(commits);
  const rows = emptyRows();
  await Promise.all([
    loadRooms(tx, schema, rows, wanted.rooms),
    wanted.people.size > 0 && loadStays(tx, schema, rows, [...wanted.people.values()]),
    wanted.targets.size > 0 && loadMessages(tx, schema, rows, [...wanted.targets.values()]),
    wanted.groups.size > 0 && loadGroups(tx, schema, rows, [...wanted.groups.values()]),
    wanted.reactions.size > 0 && loadReactions(tx, schema, rows, [...wanted.reactions.values()]),
  ]);
  return rows;
}

async function loadRooms(tx: Tx, schema: string, rows: ConversationRows, rooms: ReadonlySet<string>): Promise<void> {
  const found = await tx<RoomRow[]>`
    select r.room_id, r.kind, r.history, r.name, r.topic, r.created_by, rm.iso(r.created_at) as created_at, r.archived, r.deleted_n, r.members, r.n,
      r.ordinal, rm.iso(r.active_at) as active_at
    from json_array_elements_text(${JSON.stringify([...rooms])}::text::json) as w(id) join ${tx(schema)}.room r on r.room_id = w.id`;
  for (const row of found) rows.rooms.set(row.room_id, { ...row });
}

/** The latest stay of each person, open or not. */
async function loadStays(tx: Tx, schema: string, rows: ConversationRows, people: readonly object[]): Promise<void> {
  const found = await tx<StayRow[]>`
    select s.room_id, s.user_id, s.joined_n, s.joined_ordinal, rm.iso(s.joined_at) as joined_at, s.role, s.left_n, s.left_ordinal, rm.iso(s.left_at) as left_at
    from json_to_recordset(${JSON.stringify(people)}::text::json) as w(room_id text, user_id uuid)
    cross join lateral (select * from ${tx(schema)}.member m where m.room_id = w.room_id and m.user_id = w.user_id order by m.joined_n desc limit 1) s`;
  for (const row of found) rows.stays.set(memberKey(row.room_id, row.user_id), { ...row });
}

async function loadMessages(tx: Tx, schema: string, rows: ConversationRows, targets: readonly object[]): Promise<void> {
  const found = await tx<MessageRow[]>`
    select m.room_id, m.n, m.at_month::text as at_month, m.ordinal, m.message_id, m.seq, m.author, rm.iso(m.at) as at, m.sent_at, m.state, m.text, m.revision,
      rm.iso(m.edited_at) as edited_at, m.reply_id, m.reply_n, m.has_link, to_json(m.mentions) as mentions, m.pinned_n, m.source_name, m.source_line,
      m.redacted_by, rm.iso(m.redacted_at) as redacted_at
    from json_to_recordset(${JSON.stringify(targets)}::text::json) as w(room_id text, n bigint)
    cross join lateral (select * from ${tx(schema)}.message x where x.room_id = w.room_id and x.n = w.n limit 1) m`;
  for (const row of found) rows.messages.set(messageKey(row.room_id, row.n), { ...row });
}

async function loadGroups(tx: Tx, schema: string, rows: ConversationRows, groups: readonly object[]): Promise<void> {
  const found = await tx<{ room_id: string; n: number; emoji: string; count: number; since_n: number }[]>`
    select w.room_id, w.n, w.emoji, g.count, g.since_n
    from json_to_recordset(${JSON.stringify(groups)}::text::json) as w(room_id text, n bigint, emoji text)
    cross join lateral (
      select count(*)::int as count, min(since_n) as since_n from ${tx(schema)}.reaction r where r.room_id = w.room_id and r.message_n = w.n and r.emoji = w.emoji) g
    where g.count > 0`;
  for (const { room_id, n, emoji, count, since_n } of found) rows.groups.set(groupKey(room_id, n, emoji), { count, sinceN: since_n });
}

async function loadReactions(tx: Tx, schema: string, rows: ConversationRows, reactions: readonly object[]): Promise<void> {
  const found = await tx<{ room_id: string; message_n: number; emoji: string; user_id: string; n: number }[]>`
    select r.room_id, r.message_n, r.emoji, r.user_id, r.n
    from json_to_recordset(${JSON.stringify(reactions)}::text::json) as w(room_id text, n bigint, emoji text, user_id uuid)
    cross join lateral (select * from ${tx(schema)}.reaction x where x.room_id = w.room_id and x.message_n = w.n and x.emoji = w.emoji and x.user_id = w.user_id limit 1) r`;
  for (const { room_id, message_n, emoji, user_id, n } of found) rows.reactions.set(reactionKey(room_id, message_n, user_id, emoji), n);
}

/** Ends stays in parked rooms: what takes access away never waits. The rest of the room is put right by the retry. */
export function endStaysOfParked(tx: Tx, schema: string, commits: readonly OpenedCommit[]) {
  const left: object[] = [];
  const deleted: object[] = [];
  for (const { id: room_id, at, events } of commits) {
    for (const { type, n, data } of events) {
      if (type === memberLeft.type || type === memberRemoved.type) left.push({ room_id, user_id: data['userId'], n, at });
      if (type === roomDeleted.type) deleted.push({ room_id, n, at });
    }
  }
  const statements = [];
  if (left.length > 0) {
    statements.push(tx`
      update ${tx(schema)}.member m set left_n = w.n, left_at = w.at, left_ordinal = greatest(m.joined_ordinal, r.ordinal)
      from json_to_recordset(${JSON.stringify(left)}::text::json) as w(room_id text, user_id uuid, n bigint, at timestamptz), ${tx(schema)}.room r
      where m.room_id = w.room_id and m.user_id = w.user_id and m.left_n is null and m.joined_n < w.n and r.room_id = w.room_id`);
  }
  if (deleted.length > 0) {
    const rooms = JSON.stringify(deleted);
    statements.push(tx`
      update ${tx(schema)}.member m set left_n = w.n, left_at = w.at, left_ordinal = greatest(m.joined_ordinal, r.ordinal)
      from json_to_recordset(${rooms}::text::json) as w(room_id text, n bigint, at timestamptz), ${tx(schema)}.room r
      where m.room_id = w.room_id and m.left_n is null and m.joined_n < w.n and r.room_id = w.room_id`);
    statements.push(tx`
      update ${tx(schema)}.room r set deleted_n = w.n, members = 0 from json_to_recordset(${rooms}::text::json) as w(room_id text, n bigint) where r.room_id = w.room_id`);
  }
  return statements;
}
