-- What search is answered from when it is answered by PostgreSQL, and the part of an OpenSearch index that its readers
-- cannot see yet. Filled from rm.message by the search indexer; nothing here is a source of anything.
create extension if not exists pg_trgm;
create schema search;

-- How far each index is on each stream: everything up to seq can be found.
create table search.position (
  target     text not null,
  stream     text not null,
  epoch      text not null,
  seq        bigint not null check (seq >= 0),
  updated_at timestamptz not null default now(),
  primary key (target, stream)
) with (fillfactor = 50);

-- Rooms that were set aside when the indexer passed: their messages are owed from event from_n on.
create table search.owed (
  target  text not null,
  room_id text not null,
  from_n  bigint not null,
  primary key (target, room_id)
);

-- One row per message. A message that is not shown keeps its row without a word of it.
create table search.document (
  room_id    text not null,
  n          bigint not null,
  message_id uuid not null,
  version    bigint not null,
  shown      boolean not null,
  author     uuid not null,
  -- Milliseconds since 1970; of an imported message when it was said elsewhere.
  said       bigint not null,
  has_link   boolean not null,
  reply_id   uuid,
  -- The words in order, between single spaces; and what the row is found by: stems, and pairs of characters of words
  -- of scripts in which trigrams would miss what people look for (most Korean words have two).
  words      text not null,
  keys       text[] not null,
  primary key (room_id, n)
);
create index document_keys on search.document using gin (keys) with (gin_pending_list_limit = 512);
create index document_words on search.document using gin (words gin_trgm_ops) with (gin_pending_list_limit = 512);
create index document_said on search.document (said desc, room_id desc, n desc) where shown;
create index document_room on search.document (room_id, said desc, n desc) where shown;
create index document_author on search.document (author, said desc) where shown;
create index document_thread on search.document (room_id, reply_id) where reply_id is not null;

-- The same shape for what was just said, kept until OpenSearch shows it: few rows, read from end to end.
create unlogged table search.recent (
  like search.document including defaults,
  stream text not null,
  seq    bigint not null,
  primary key (room_id, n)
);
create index recent_stream on search.recent (stream, seq);
