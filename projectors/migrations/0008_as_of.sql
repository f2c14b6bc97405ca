-- Rooms and members as they were: validity ranges read from the notes of each room's log, and functions that take a
-- moment, a cursor, or a room's event number.

create view analytics.member_versions as
select v.room_id, v.user_id, v.role, v.from_n, least(v.next_n, d.n) as to_n, v.from_at, least(v.next_at, d.at) as to_at, v.from_seq, least(v.next_seq, d.seq) as to_seq,
  tstzrange(v.from_at, least(v.next_at, d.at)) as valid
from (
  select o.room_id, o.user_id, o.type, o.role, o.n as from_n, o.at as from_at, o.seq as from_seq, lead(o.n) over next as next_n, lead(o.at) over next as next_at,
    lead(o.seq) over next as next_seq
  from rm.note o
  where o.type in ('room.member-joined', 'room.member-role-changed', 'room.member-left', 'room.member-removed')
  window next as (partition by o.room_id, o.user_id order by o.n)
) v
left join rm.note d on d.room_id = v.room_id and d.type = 'room.deleted'
where v.type in ('room.member-joined', 'room.member-role-changed');
comment on view analytics.member_versions is 'Who was in which room with which role, from when to when: a new row for each joining and each change of role.';
comment on column analytics.member_versions.room_id is 'Id of the room';
comment on column analytics.member_versions.user_id is 'Id of the person';
comment on column analytics.member_versions.role is '`owner`, `moderator`, `member` or `guest`';
comment on column analytics.member_versions.from_n is 'Number of the room''s event from which on it holds';
comment on column analytics.member_versions.to_n is 'Number of the event that ended it; null while it holds';
comment on column analytics.member_versions.from_at is 'When it began';
comment on column analytics.member_versions.to_at is 'When it ended; null while it holds';
comment on column analytics.member_versions.from_seq is 'Sequence in the room''s stream at which it began';
comment on column analytics.member_versions.to_seq is 'Sequence at which it ended; null while it holds';
comment on column analytics.member_versions.valid is 'From when to when, as a range: `valid @> timestamptz ''…''`';

create view analytics.room_versions as
select o.room_id, r.kind, r.history, o.type = 'room.archived' or (o.type = 'room.deleted' and coalesce(lag(o.type) over next = 'room.archived', false)) as archived,
  o.type = 'room.deleted' as deleted, o.n as from_n, lead(o.n) over next as to_n, o.at as from_at, lead(o.at) over next as to_at, o.seq as from_seq,
  lead(o.seq) over next as to_seq, tstzrange(o.at, lead(o.at) over next) as valid
from rm.note o join rm.room r on r.room_id = o.room_id
where o.type in ('room.created', 'room.archived', 'room.unarchived', 'room.deleted')
window next as (partition by o.room_id order by o.n);
comment on view analytics.room_versions is 'What state each room was in, from when to when: a new row when it was made, archived, opened again, deleted.';
comment on column analytics.room_versions.room_id is 'Id of the room';
comment on column analytics.room_versions.kind is '`direct`, `group`, `public` or `private`: never changes';
comment on column analytics.room_versions.history is '`all` or `since-join`: never changes';
comment on column analytics.room_versions.archived is 'Nothing could be said in it';
comment on column analytics.room_versions.deleted is 'Nobody could see it';
comment on column analytics.room_versions.from_n is 'Number of the room''s event from which on it holds';
comment on column analytics.room_versions.to_n is 'Number of the event that ended it; null while it holds';
comment on column analytics.room_versions.from_at is 'When it began';
comment on column analytics.room_versions.to_at is 'When it ended; null while it holds';
comment on column analytics.room_versions.from_seq is 'Sequence in the room''s stream at which it began';
comment on column analytics.room_versions.to_seq is 'Sequence at which it ended; null while it holds';
comment on column analytics.room_versions.valid is 'From when to when, as a range';

-- The stream of a room, by the rule of contracts/wire/partition: FNV-1a over the id, modulo 64, four to a stream.
create function analytics.stream_of(id text) returns int language plpgsql immutable strict parallel safe as $$
declare
  v_hash bigint := 2166136261;
  v_bytes bytea := convert_to(id, 'UTF8');
begin
  for place in 0 .. octet_length(v_bytes) - 1 loop
    v_hash := ((v_hash # get_byte(v_bytes, place)) * 16777619) & 4294967295;
  end loop;
  return ((v_hash % 64) / 4)::int;
end $$;
comment on function analytics.stream_of(text) is 'Which of the streams EVT_0 … EVT_15 a room''s log lies in';

create function analytics.from_base36(digits text) returns bigint language sql immutable strict parallel safe as $$
  select coalesce(sum((strpos('0123456789abcdefghijklmnopqrstuvwxyz', digit) - 1) * (36::numeric ^ (length(digits) - place)))::bigint, 0)
  from regexp_split_to_table(digits, '') with ordinality as parts(digit, place) $$;
comment on function analytics.from_base36(text) is 'A whole number from digits to the base of 36, as in cursors';

create function analytics.to_base36(value bigint) returns text language plpgsql immutable strict parallel safe as $$
declare
  v_rest bigint := value;
  v_text text := '';
begin
  loop
    v_text := substr('0123456789abcdefghijklmnopqrstuvwxyz', (v_rest % 36)::int + 1, 1) || v_text;
    v_rest := v_rest / 36;
    exit when v_rest = 0;
  end loop;
  return v_text;
end $$;
comment on function analytics.to_base36(bigint) is 'Digits of a whole number to the base of 36, as in cursors';

create view analytics.log as select l.epoch from ops.log l;
comment on view analytics.log is 'The log that all of this was made of.';
comment on column analytics.log.epoch is 'Its epoch: another one means another log, in which positions mean nothing';

-- Sequences of a cursor token, EVT_0 first; -1 where the token does not know.
create function analytics.cursor_seqs(cursor text) returns bigint[] language plpgsql stable strict as $$
declare
  v_parts text[] := regexp_match(cursor, '^c1\.([a-z0-9]{1,16})\.([0-9a-z~]*)$');
  v_epoch text := (select epoch from analytics.log);
begin
  if v_parts is null then
    raise exception 'not a cursor: %', left(cursor, 60) using errcode = '22023', hint = 'A cursor is what frames and answers carry, such as analytics.cursor_now() returns; a moment is written 2026-01-31 12:00+00.';
  end if;
  if v_parts[1] is distinct from v_epoch then
    raise exception 'the cursor is of another log (epoch %, this one is %)', v_parts[1], coalesce(v_epoch, 'unknown') using errcode = '22023';
  end if;
  return (select array_agg(case when part = '' then -1 else analytics.from_base36(part) end order by place)
          from regexp_split_to_table(v_parts[2], '~') with ordinality as parts(part, place));
end $$;
comment on function analytics.cursor_seqs(text) is 'Sequences that a cursor names, for EVT_0 … EVT_15 and RDR_0 … RDR_3; -1 where it knows none';

create function analytics.members_at(at timestamptz) returns table (room_id text, user_id uuid, role text, since timestamptz, from_n bigint)
language sql stable as $$
  select v.room_id, v.user_id, v.role, v.from_at, v.from_n
  from analytics.member_versions v where v.from_at <= at and (v.to_at is null or v.to_at > at) $$;
comment on function analytics.members_at(timestamptz) is 'Who was where, with which role, at a moment';

create function analytics.members_at(room text, n bigint) returns table (room_id text, user_id uuid, role text, since timestamptz, from_n bigint)
language sql stable as $$
  select v.room_id, v.user_id, v.role, v.from_at, v.from_n
  from analytics.member_versions v where v.room_id = room and v.from_n <= n and (v.to_n is null or v.to_n > n) $$;
comment on function analytics.members_at(text, bigint) is 'Who was in a room right after its event n';

create function analytics.members_at(place text) returns table (room_id text, user_id uuid, role text, since timestamptz, from_n bigint)
language plpgsql stable strict as $$
declare
  v_seqs bigint[];
begin
  if place !~ '^c1\.' then
    return query select m.room_id, m.user_id, m.role, m.since, m.from_n from analytics.members_at(place::timestamptz) m;
    return;
  end if;
  v_seqs := analytics.cursor_seqs(place);
  return query
    select v.room_id, v.user_id, v.role, v.from_at, v.from_n
    from (select r.room_id, v_seqs[analytics.stream_of(r.room_id) + 1] as seq from analytics.rooms r) p
    join analytics.member_versions v on v.room_id = p.room_id and v.from_seq <= p.seq and (v.to_seq is null or v.to_seq > p.seq);
end $$;
comment on function analytics.members_at(text) is 'Who was where at a cursor, or at a moment written as text';

create function analytics.rooms_at(at timestamptz) returns table (room_id text, kind text, history text, archived boolean, members bigint, messages bigint)
language sql stable as $$
  select v.room_id, v.kind, v.history, v.archived, coalesce(m.members, 0),
    coalesce((select p.ordinal from analytics.messages p where p.room_id = v.room_id and p.at <= rooms_at.at and p.month <= rooms_at.at order by p.n desc limit 1), 0)
  from analytics.room_versions v
  left join (select x.room_id, count(*) as members from analytics.members_at(rooms_at.at) x group by x.room_id) m on m.room_id = v.room_id
  where v.from_at <= rooms_at.at and (v.to_at is null or v.to_at > rooms_at.at) and not v.deleted $$;
comment on function analytics.rooms_at(timestamptz) is 'Rooms that were there at a moment, with how many people and messages';

create function analytics.rooms_at(place text) returns table (room_id text, kind text, history text, archived boolean, members bigint, messages bigint)
language plpgsql stable strict as $$
declare
  v_seqs bigint[];
begin
  if place !~ '^c1\.' then
    return query select r.room_id, r.kind, r.history, r.archived, r.members, r.messages from analytics.rooms_at(place::timestamptz) r;
    return;
  end if;
  v_seqs := analytics.cursor_seqs(place);
  return query
    select v.room_id, v.kind, v.history, v.archived, coalesce(m.members, 0),
      coalesce((select p.ordinal from analytics.messages p where p.room_id = v.room_id and p.seq <= s.seq order by p.n desc limit 1), 0)
    from (select r.room_id, v_seqs[analytics.stream_of(r.room_id) + 1] as seq from analytics.rooms r) s
    join analytics.room_versions v on v.room_id = s.room_id and v.from_seq <= s.seq and (v.to_seq is null or v.to_seq > s.seq) and not v.deleted
    left join (select x.room_id, count(*) as members from analytics.members_at(place) x group by x.room_id) m on m.room_id = v.room_id;
end $$;
comment on function analytics.rooms_at(text) is 'Rooms that were there at a cursor, or at a moment written as text';
