-- What is known of the use of Parley besides its log: counts and times, never what anybody wrote or looked for. Best
-- effort by design: it comes from processes' memories, and a process that dies takes the last seconds along.

-- Counts per bucket of time; the bounds in milliseconds are those of every latency histogram (kernel/telemetry), the
-- last bucket is beyond them all.
create domain ops.latency_counts as bigint[] check (cardinality(value) = 17);

create function ops.add_counts(a bigint[], b bigint[]) returns bigint[] language sql immutable strict parallel safe as
  $$ select array_agg(coalesce(x, 0) + coalesce(y, 0) order by place) from unnest(a, b) with ordinality as counts(x, y, place) $$;

-- Questions to the query-service, by the hour. `empty`: answered, but nothing was found.
create table ops.query_use (
  hour     timestamptz not null,
  question text not null,
  outcome  text not null,
  asked    bigint not null,
  empty    bigint not null,
  counts   ops.latency_counts not null,
  primary key (hour, question, outcome)
) with (fillfactor = 70);

-- How long gateways took from the storing of a commit to the writing of its frame, by the minute.
create table ops.delivery (
  minute  timestamptz not null,
  gateway text not null,
  frames  bigint not null,
  counts  ops.latency_counts not null,
  primary key (minute, gateway)
) with (fillfactor = 70);

-- Who was let to what people wrote, why and until when. A row is there, and committed, before the first word is read.
create table ops.text_access (
  access_id  bigint primary key generated always as identity,
  role       name not null,
  reason     text not null check (length(btrim(reason)) between 5 and 500),
  -- Null: every room.
  room_id    text,
  opened_at  timestamptz not null default clock_timestamp(),
  until      timestamptz not null,
  closed_at  timestamptz,
  address    text,
  program    text,
  opened_in  xid8 not null default pg_current_xact_id()
);
create index text_access_of on ops.text_access (role, until);
