import type { TableDefinitions } from '../../runner/projection.ts';

/** Rooms, members, messages and all that hangs on them. */
export const conversationTables: TableDefinitions = {
  tables: `
create table room (
  room_id    text primary key,
  kind       text not null check (kind in ('direct', 'group', 'public', 'private')),
  history    text not null check (history in ('all', 'since-join')),
  -- Null: it has none, or it was erased.
  name       text,
  topic      text,
  created_by uuid not null,
  created_at timestamptz not null,
  archived   boolean not null default false,
  deleted_n  bigint,
  members    int not null default 0 check (members >= 0),
  n          bigint not null,
  ordinal    bigint not null default 0,
  -- When the last message was posted, or the room was made: what lists are sorted by.
  active_at  timestamptz not null
) with (fillfactor = 70);

-- One row per stay of one person in one room: events joined_n to left_n, ordinals joined_ordinal + 1 to left_ordinal.
create table member (
  room_id        text not null,
  user_id        uuid not null,
  joined_n       bigint not null,
  joined_ordinal bigint not null,
  joined_at      timestamptz not null,
  role           text not null check (role in ('owner', 'moderator', 'member', 'guest')),
  left_n         bigint check (left_n > joined_n),
  left_ordinal   bigint,
  left_at        timestamptz,
  primary key (room_id, user_id, joined_n),
  check ((left_n is null) = (left_ordinal is null) and (left_n is null) = (left_at is null))
);

-- By month of the commit's time.
create table message (
  room_id     text not null,
  n           bigint not null,
  at_month    date not null,
  ordinal     bigint not null,
  message_id  uuid not null,
  -- Sequence of the posting commit in its stream: with n and id the target of later commands.
  seq         bigint not null,
  author      uuid not null,
  at          timestamptz not null,
  -- Exactly as it was said elsewhere.
  sent_at     text,
  state       text not null check (state in ('shown', 'redacted', 'erased')),
  text        text,
  revision    bigint not null,
  edited_at   timestamptz,
  reply_id    uuid,
  reply_n     bigint,
  has_link    boolean not null,
  mentions    uuid[] not null,
  pinned_n    bigint,
  source_name text,
  source_line bigint,
  -- Who took its words away, and when.
  redacted_by text,
  redacted_at timestamptz,
  check ((state = 'shown') = (text is not null))
) partition by range (at_month);

-- Versions of edited messages, the first (n = message_n) included.
create table message_edit (
  room_id   text not null,
  message_n bigint not null,
  n         bigint not null,
  at        timestamptz not null,
  -- Null once the message was redacted, or when it was erased.
  text      text
);

-- A set. since_n: when the emoji appeared on the message; it is gone when the last person takes it back.
create table reaction (
  room_id   text not null,
  message_n bigint not null,
  emoji     text not null,
  user_id   uuid not null,
  n         bigint not null,
  since_n   bigint not null
);

-- Who was mentioned by messages that are still shown.
create table mention (
  user_id   uuid not null,
  room_id   text not null,
  message_n bigint not null,
  author    uuid not null
);

-- What happened in a room besides messages.
create table note (
  room_id       text not null,
  n             bigint not null,
  at            timestamptz not null,
  type          text not null,
  by            text not null,
  user_id       uuid,
  role          text,
  text          text,
  after_ordinal bigint not null,
  -- Sequence of its commit in the room's stream.
  seq           bigint not null
);

-- Makes the partition of a month unless it is there. Made aside and attached, because "partition of" would stop every
-- reader of the parent; the lock lets several projectors ask at once. Vacuumed early, because counting from the index
-- alone needs pages that are known to be visible to all.
create function ensure_message_month(month date) returns void language plpgsql set search_path from current as $$
declare
  first date := date_trunc('month', month)::date;
  part text := 'message_' || to_char(first, 'YYYYMM');
begin
  if to_regclass(part) is not null then return; end if;
  perform pg_advisory_xact_lock(hashtext(current_schema()), extract(year from first)::int * 12 + extract(month from first)::int);
  -- From the table itself: what the session remembers of names is not refreshed by this kind of lock.
  if exists (select 1 from pg_class c where c.relname = part and c.relnamespace = current_schema()::regnamespace) then return; end if;
  execute format('create table %I (like message including defaults including constraints) with (autovacuum_vacuum_insert_threshold = 5000, autovacuum_vacuum_insert_scale_factor = 0.02)', part);
  execute format('alter table message attach partition %I for values from (%L) to (%L)', part, first, (first + interval '1 month')::date);
end $$;`,
  // The message's key is covering, so that counting unread reads no row.
  keys: `
alter table message add primary key (room_id, n, at_month) include (author, state);
alter table message_edit add primary key (room_id, message_n, n);
alter table reaction add primary key (room_id, message_n, emoji, user_id);
alter table mention add primary key (user_id, room_id, message_n) include (author);
alter table note add primary key (room_id, n);
create index mention_of_message on mention (room_id, message_n);`,
  indexes: `
create index room_public on room (left(lower(coalesce(name, '')), 20), room_id) where kind = 'public' and deleted_n is null and not archived;
create unique index member_of on member (user_id, room_id) include (joined_n, joined_ordinal, role) where left_n is null;
-- Ended stays as well: who left may still find what they could read then.
create index member_ever on member (user_id, room_id);
create index member_list on member (room_id, joined_n, user_id) where left_n is null;
create unique index message_by_id on message (room_id, message_id, at_month);
create unique index message_by_ordinal on message (room_id, ordinal, at_month);
create index message_pinned on message (room_id, pinned_n) where pinned_n is not null;
create index note_place on note (room_id, after_ordinal, n);`,
  views: ['room', 'member', 'message', 'message_edit', 'reaction', 'mention', 'note'],
};
