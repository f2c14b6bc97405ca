-- The treaty: names, columns and types that readers may rely on, whichever generation of a projection answers. The rows
-- lie in tables that each projection makes for each generation (`<projection>_<generation>`), and activating one points
-- these views at them; until then they are empty. A column is added at the end by a projection, and none is taken away.
-- Each row is a function of one aggregate's log. Numbers are the aggregate's own event numbers (n), times its commits' (at).
create schema rm;

create view rm.room as select
  null::text as room_id, null::text as kind, null::text as history,
  -- Null: it has none, or it was erased.
  null::text as name, null::text as topic,
  null::uuid as created_by, null::timestamptz as created_at, null::boolean as archived, null::bigint as deleted_n, null::int as members,
  null::bigint as n, null::bigint as ordinal,
  -- When the last message was posted, or the room was made: what lists are sorted by.
  null::timestamptz as active_at
where false;

-- One row per stay of one person in one room: events joined_n to left_n, ordinals joined_ordinal + 1 to left_ordinal.
create view rm.member as select
  null::text as room_id, null::uuid as user_id, null::bigint as joined_n, null::bigint as joined_ordinal, null::timestamptz as joined_at, null::text as role,
  null::bigint as left_n, null::bigint as left_ordinal, null::timestamptz as left_at
where false;

create view rm.message as select
  null::text as room_id, null::bigint as n, null::date as at_month, null::bigint as ordinal, null::uuid as message_id,
  -- Sequence of the posting commit in its stream: with n and id the target of later commands.
  null::bigint as seq,
  null::uuid as author, null::timestamptz as at,
  -- Exactly as it was said elsewhere.
  null::text as sent_at,
  null::text as state, null::text as text, null::bigint as revision, null::timestamptz as edited_at, null::uuid as reply_id, null::bigint as reply_n,
  null::boolean as has_link, null::uuid[] as mentions, null::bigint as pinned_n, null::text as source_name, null::bigint as source_line
where false;

-- Versions of edited messages, the first (n = message_n) included. The text is null once the message was redacted, or when it was erased.
create view rm.message_edit as select
  null::text as room_id, null::bigint as message_n, null::bigint as n, null::timestamptz as at, null::text as text
where false;

-- A set. since_n: when the emoji appeared on the message; it is gone when the last person takes it back.
create view rm.reaction as select
  null::text as room_id, null::bigint as message_n, null::text as emoji, null::uuid as user_id, null::bigint as n, null::bigint as since_n
where false;

-- Who was mentioned by messages that are still shown.
create view rm.mention as select null::uuid as user_id, null::text as room_id, null::bigint as message_n, null::uuid as author where false;

-- What happened in a room besides messages.
create view rm.note as select
  null::text as room_id, null::bigint as n, null::timestamptz as at, null::text as type, null::text as by, null::uuid as user_id, null::text as role,
  null::text as text, null::bigint as after_ordinal
where false;

create view rm.app_user as select
  null::uuid as user_id, null::text as kind, null::text as state,
  -- Null: not registered yet, or erased.
  null::text as name,
  null::text as pending_name, null::bigint as number, null::text as source, null::text as status_text, null::text as status_emoji, null::bigint as n
where false;

-- A max-register per person and room.
create view rm.reader_marker as select null::uuid as user_id, null::text as room_id, null::bigint as n where false;
