-- What people wrote, and what people and rooms are called. Nothing of it can be read before an access was opened, with
-- a reason, in a transaction of its own: whoever rolls back has read nothing, and whoever read left a row.
create schema analytics_text;
comment on schema analytics_text is 'What people wrote and what things are called, for those who said why they read it';

create view analytics.text_access as
select a.access_id, a.role, a.reason, a.room_id, a.opened_at, least(a.until, a.closed_at) as until, a.address, a.program from ops.text_access a;
comment on view analytics.text_access is 'Who was let to read texts, why and until when. Exports with text are here as well.';
comment on column analytics.text_access.access_id is 'Number of the access';
comment on column analytics.text_access.role is 'Who: the role that signed in';
comment on column analytics.text_access.reason is 'Why, in their words';
comment on column analytics.text_access.room_id is 'The room it was limited to; null: all';
comment on column analytics.text_access.opened_at is 'When it began';
comment on column analytics.text_access.until is 'When it ended or ends';
comment on column analytics.text_access.address is 'Address they came from';
comment on column analytics.text_access.program is 'Program they used, as it calls itself';

create function analytics_text.open_access(reason text, minutes int default 15, room text default null) returns bigint
language plpgsql security definer set search_path = pg_catalog as $$
declare
  v_id bigint;
begin
  if length(btrim(coalesce(reason, ''))) < 5 then
    raise exception 'say why: a reason has at least 5 characters' using errcode = '22023';
  end if;
  if minutes not between 1 and 480 then
    raise exception 'an access lasts 1 to 480 minutes, not %', minutes using errcode = '22023';
  end if;
  insert into ops.text_access (role, reason, room_id, until, address, program)
  values (session_user, left(btrim(reason), 500), room, clock_timestamp() + make_interval(mins => minutes), host(inet_client_addr()), left(current_setting('application_name'), 64))
  returning access_id into v_id;
  return v_id;
end $$;
comment on function analytics_text.open_access(text, int, text) is 'Opens an access for the role that signed in: why, for how many minutes, and to which room (null: all)';

create function analytics_text.close_access() returns int language plpgsql security definer set search_path = pg_catalog as $$
declare
  v_closed int;
begin
  update ops.text_access a set closed_at = clock_timestamp() where a.role = session_user and a.closed_at is null and a.until > clock_timestamp();
  get diagnostics v_closed = row_count;
  return v_closed;
end $$;
comment on function analytics_text.close_access() is 'Ends every open access of the role that signed in';

-- Rooms that the role may read now; null stands for all. An access of this very transaction does not count: it could
-- still be taken back, together with its row.
create function analytics_text.scope() returns setof text language plpgsql stable security definer set search_path = pg_catalog as $$
begin
  return query
    select a.room_id from ops.text_access a
    where a.role = session_user and a.closed_at is null and a.until > clock_timestamp() and a.opened_in is distinct from pg_current_xact_id_if_assigned();
  if not found then
    raise exception 'no access to texts is open' using errcode = '42501',
      hint = 'select analytics_text.open_access(''why you read it''); commit it, then ask again.';
  end if;
end $$;
comment on function analytics_text.scope() is 'Rooms that may be read now; null stands for all';

create view analytics_text.messages with (security_barrier) as
select m.room_id, m.n, m.message_id, m.author, m.at, coalesce(m.sent_at::timestamptz, m.at) as said_at, m.at_month as month, m.edited_at, m.reply_n, m.text
from rm.message m
where m.state = 'shown' and exists (select from analytics_text.scope() as room where room is null or room = m.room_id);
comment on view analytics_text.messages is 'Texts of messages as they are now: what was edited away, taken away or erased is not there.';
comment on column analytics_text.messages.room_id is 'Id of the room';
comment on column analytics_text.messages.n is 'Number of its event in the room';
comment on column analytics_text.messages.message_id is 'Id, unique in its room';
comment on column analytics_text.messages.author is 'Id of who wrote it';
comment on column analytics_text.messages.at is 'When it was stored';
comment on column analytics_text.messages.said_at is 'When it was said: elsewhere for imported messages, else `at`';
comment on column analytics_text.messages.month is 'First day of the month of `at`: what the table is cut by';
comment on column analytics_text.messages.edited_at is 'When the text last changed';
comment on column analytics_text.messages.reply_n is 'Number of the message it answers';
comment on column analytics_text.messages.text is 'What was written';

create view analytics_text.rooms with (security_barrier) as
select r.room_id, r.name, r.topic from rm.room r
where r.deleted_n is null and exists (select from analytics_text.scope() as room where room is null or room = r.room_id);
comment on view analytics_text.rooms is 'What rooms are called now; deleted ones are not there.';
comment on column analytics_text.rooms.room_id is 'Id of the room';
comment on column analytics_text.rooms.name is 'Name; null: it has none, or it was erased';
comment on column analytics_text.rooms.topic is 'Topic; null: it has none, or it was erased';

create view analytics_text.people with (security_barrier) as
select u.user_id, u.name, u.status_text, u.status_emoji from rm.app_user u
where exists (select from analytics_text.scope() as room where room is null);
comment on view analytics_text.people is 'What people are called. Only for an access to all rooms: names are not one room''s.';
comment on column analytics_text.people.user_id is 'Id of the person';
comment on column analytics_text.people.name is 'Name; null: not registered yet, or erased';
comment on column analytics_text.people.status_text is 'What they say of themselves; null: nothing';
comment on column analytics_text.people.status_emoji is 'The emoji beside it';
