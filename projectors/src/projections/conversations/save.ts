import type { Statement, Tx } from '../../runner/projection.ts';
import type { ConversationRows } from './rows.ts';

/** One statement per table that changed; rows sorted by key, so that two transactions never wait for each other in a ring. */
export function saveRows(tx: Tx, schema: string, rows: ConversationRows): Statement[] {
  const statements = saveChanges(tx, schema, rows);
  const posted = [...rows.posted].map((key) => rows.messages.get(key)!);
  const mentions = [...rows.mentions.values()].flat();
  if (posted.length > 0) statements.push(insertMessages(tx, schema, posted));
  if (rows.edits.length > 0) statements.push(insertEdits(tx, schema, rows));
  if (rows.addedReactions.size > 0) statements.push(addReactions(tx, schema, rows));
  if (mentions.length > 0) statements.push(insertMentions(tx, schema, mentions));
  if (rows.notes.length > 0) statements.push(insertNotes(tx, schema, rows));
  return statements;
}

/** All but the rows that are new in tables which mostly grow. */
export function saveChanges(tx: Tx, schema: string, rows: ConversationRows): Statement[] {
  const statements: Statement[] = [saveRooms(tx, schema, rows)];
  const changed = [...rows.changed].filter((key) => !rows.posted.has(key)).map((key) => rows.messages.get(key)!);
  if (rows.changedStays.size > 0) statements.push(saveStays(tx, schema, rows));
  if (rows.deletedRooms.size > 0) statements.push(endStays(tx, schema, rows));
  if (changed.length > 0) statements.push(updateMessages(tx, schema, changed));
  if (rows.redacted.size > 0) statements.push(clearEdits(tx, schema, rows));
  if (rows.removedReactions.size > 0) statements.push(removeReactions(tx, schema, rows));
  const unmentioned = [...rows.mentions.keys()].filter((key) => !rows.posted.has(key)).map((key) => rows.messages.get(key)!);
  if (unmentioned.length > 0) statements.push(removeMentions(tx, schema, unmentioned));
  return statements;
}

function saveRooms(tx: Tx, schema: string, { rooms }: ConversationRows): Statement {
  return tx`
    insert into ${tx(schema)}.room as r (room_id, kind, history, name, topic, created_by, created_at, archived, deleted_n, members, n, ordinal, active_at)
    select * from json_to_recordset(${JSON.stringify([...rooms.values()])}::text::json) as w(room_id text, kind text, history text, name text, topic text,
      created_by uuid, created_at timestamptz, archived boolean, deleted_n bigint, members int, n bigint, ordinal bigint, active_at timestamptz)
    order by room_id
    on conflict (room_id) do update set name = excluded.name, topic = excluded.topic, archived = excluded.archived, deleted_n = excluded.deleted_n,
      members = excluded.members, n = excluded.n, ordinal = excluded.ordinal, active_at = excluded.active_at
    where r.n < excluded.n`;
}

function saveStays(tx: Tx, schema: string, { changedStays }: ConversationRows): Statement {
  // In the order of joining: a stay must have ended before the same person's next one begins.
  return tx`
    insert into ${tx(schema)}.member (room_id, user_id, joined_n, joined_ordinal, joined_at, role, left_n, left_ordinal, left_at)
    select * from json_to_recordset(${JSON.stringify([...changedStays])}::text::json) as w(room_id text, user_id uuid, joined_n bigint, joined_ordinal bigint,
      joined_at timestamptz, role text, left_n bigint, left_ordinal bigint, left_at timestamptz)
    order by room_id, user_id, joined_n
    on conflict (room_id, user_id, joined_n) do update
      set role = excluded.role, left_n = excluded.left_n, left_ordinal = excluded.left_ordinal, left_at = excluded.left_at`;
}

function endStays(tx: Tx, schema: string, { rooms, deletedRooms }: ConversationRows): Statement {
  const deleted = [...deletedRooms.entries()].map(([room_id, at]) => ({ room_id, at, n: rooms.get(room_id)!.deleted_n, ordinal: rooms.get(room_id)!.ordinal }));
  // Also those that a parked room's deletion ended early, with the ordinal known then.
  return tx`
    update ${tx(schema)}.member m set left_n = w.n, left_ordinal = w.ordinal, left_at = w.at
    from json_to_recordset(${JSON.stringify(deleted)}::text::json) as w(room_id text, n bigint, ordinal bigint, at timestamptz)
    where m.room_id = w.room_id and (m.left_n is null or m.left_n = w.n)`;
}

function insertMessages(tx: Tx, schema: string, messages: readonly object[]): Statement {
  return tx`
    insert into ${tx(schema)}.message (room_id, n, at_month, ordinal, message_id, seq, author, at, sent_at, state, text, revision, edited_at, reply_id, reply_n,
      has_link, mentions, pinned_n, source_name, source_line, redacted_by, redacted_at)
    select * from json_to_recordset(${JSON.stringify(messages)}::text::json) as w(room_id text, n bigint, at_month date, ordinal bigint, message_id uuid,
      seq bigint, author uuid, at timestamptz, sent_at text, state text, text text, revision bigint, edited_at timestamptz, reply_id uuid, reply_n bigint,
      has_link boolean, mentions uuid[], pinned_n bigint, source_name text, source_line bigint,
      redacted_by text, redacted_at timestamptz)`;
}

function updateMessages(tx: Tx, schema: string, messages: readonly { room_id: string; n: number }[]): Statement {
  return tx`
    update ${tx(schema)}.message m set state = w.state, text = w.text, revision = w.revision, edited_at = w.edited_at, has_link = w.has_link, mentions = w.mentions,
      pinned_n = w.pinned_n, redacted_by = w.redacted_by, redacted_at = w.redacted_at
    from json_to_recordset(${JSON.stringify(messages)}::text::json) as w(room_id text, n bigint, at_month date, state text, text text, revision bigint,
      edited_at timestamptz, has_link boolean, mentions uuid[], pinned_n bigint, redacted_by text, redacted_at timestamptz)
    where m.room_id = w.room_id and m.n = w.n and m.at_month = w.at_month and m.revision < w.revision`;
}

function clearEdits(tx: Tx, schema: string, { messages, redacted }: ConversationRows): Statement {
  const keys = [...redacted].map((key) => messages.get(key)!).map(({ room_id, n }) => ({ room_id, n }));
  return tx`
    update ${tx(schema)}.message_edit e set text = null from json_to_recordset(${JSON.stringify(keys)}::text::json) as w(room_id text, n bigint)
    where e.room_id = w.room_id and e.message_n = w.n and e.text is not null`;
}

function insertEdits(tx: Tx, schema: string, { edits }: ConversationRows): Statement {
  return tx`
    insert into ${tx(schema)}.message_edit (room_id, message_n, n, at, text)
    select * from json_to_recordset(${JSON.stringify(edits)}::text::json) as w(room_id text, message_n bigint, n bigint, at timestamptz, text text)`;
}

function removeReactions(tx: Tx, schema: string, { removedReactions }: ConversationRows): Statement {
  return tx`
    delete from ${tx(schema)}.reaction r using json_to_recordset(${JSON.stringify([...removedReactions.values()])}::text::json)
      as w(room_id text, message_n bigint, emoji text, user_id uuid)
    where r.room_id = w.room_id and r.message_n = w.message_n and r.emoji = w.emoji and r.user_id = w.user_id`;
}

function addReactions(tx: Tx, schema: string, { addedReactions }: ConversationRows): Statement {
  return tx`
    insert into ${tx(schema)}.reaction (room_id, message_n, emoji, user_id, n, since_n)
    select * from json_to_recordset(${JSON.stringify([...addedReactions.values()])}::text::json)
      as w(room_id text, message_n bigint, emoji text, user_id uuid, n bigint, since_n bigint)`;
}

function removeMentions(tx: Tx, schema: string, messages: readonly { room_id: string; n: number }[]): Statement {
  return tx`
    delete from ${tx(schema)}.mention m using json_to_recordset(${JSON.stringify(messages.map(({ room_id, n }) => ({ room_id, n })))}::text::json) as w(room_id text, n bigint)
    where m.room_id = w.room_id and m.message_n = w.n`;
}

function insertMentions(tx: Tx, schema: string, mentions: readonly object[]): Statement {
  return tx`
    insert into ${tx(schema)}.mention (user_id, room_id, message_n, author)
    select * from json_to_recordset(${JSON.stringify(mentions)}::text::json) as w(user_id uuid, room_id text, message_n bigint, author uuid)`;
}

function insertNotes(tx: Tx, schema: string, { notes }: ConversationRows): Statement {
  return tx`
    insert into ${tx(schema)}.note (room_id, n, seq, at, type, by, user_id, role, text, after_ordinal)
    select * from json_to_recordset(${JSON.stringify(notes)}::text::json) as w(room_id text, n bigint, seq bigint, at timestamptz, type text, by text,
      user_id uuid, role text, text text, after_ordinal bigint)`;
}
