-- The shapes that queries answer with (contracts/queries/views.ts), said once for everybody who reads these tables.

create function rm.iso(at timestamptz) returns text language sql stable parallel safe as
  $$ select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

-- Reactions: emojis in the order in which they appeared on the message, people in the order in which they reacted.
create view rm.message_view as
select m.room_id, m.n, m.at_month, m.ordinal, m.message_id, m.author, m.state, m.pinned_n,
  jsonb_build_object(
    'roomId', m.room_id, 'messageId', m.message_id, 'n', m.n, 'seq', m.seq, 'ordinal', m.ordinal, 'author', m.author,
    'at', rm.iso(m.at), 'sentAt', m.sent_at, 'state', m.state, 'text', m.text, 'revision', m.revision,
    'editedAt', rm.iso(m.edited_at),
    'replyTo', case when m.reply_id is not null then jsonb_build_object('messageId', m.reply_id, 'n', m.reply_n) end,
    'hasLink', m.has_link, 'mentions', to_jsonb(m.mentions),
    'reactions', coalesce(
      (select jsonb_agg(jsonb_build_object('emoji', g.emoji, 'users', g.users) order by g.since_n)
       from (select x.emoji, min(x.since_n) as since_n, jsonb_agg(x.user_id order by x.n) as users
             from rm.reaction x where x.room_id = m.room_id and x.message_n = m.n group by x.emoji) g), '[]'::jsonb), 'pinned', m.pinned_n is not null) as view
from rm.message m;

create view rm.room_view as
select r.room_id, r.kind, r.name, r.deleted_n, r.active_at, r.n, r.ordinal,
  jsonb_build_object(
    'roomId', r.room_id, 'kind', r.kind, 'history', r.history, 'name', r.name, 'topic', r.topic,
    'createdBy', r.created_by, 'createdAt', rm.iso(r.created_at), 'archived', r.archived, 'members', r.members,
    'n', r.n, 'ordinal', r.ordinal) as view
from rm.room r;

create view rm.user_view as
select u.user_id, u.name, u.state,
  jsonb_build_object(
    'userId', u.user_id, 'name', u.name, 'kind', u.kind,
    'status', case when u.status_text is not null then jsonb_build_object('text', u.status_text, 'emoji', u.status_emoji) end) as view
from rm.app_user u;

create view rm.note_view as
select o.room_id, o.n, o.after_ordinal,
  jsonb_build_object(
    'roomId', o.room_id, 'n', o.n, 'at', rm.iso(o.at), 'type', o.type, 'by', o.by, 'userId', o.user_id, 'role', o.role,
    'text', o.text, 'afterOrdinal', o.after_ordinal) as view
from rm.note o;
