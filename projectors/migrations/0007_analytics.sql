-- What analysts read: facts about rooms, people and messages, without a word that anybody wrote. Names of rooms and
-- people are such words (they are sealed in the log and end with their keys), so here rooms and people are ids; names
-- are in schema analytics_text. Views name `rm` alone, so that they follow the read models wherever those are built.
create schema analytics;
comment on schema analytics is 'Facts about rooms, people and messages, without a word that anybody wrote';

-- Roles belong to the server, not to a database: another database of this server may have made them, perhaps just now.
do $$
declare
  v_role text;
begin
  foreach v_role in array array['parley_analyst', 'parley_analyst_text'] loop
    begin
      execute format('create role %I nologin', v_role);
    exception when duplicate_object or unique_violation then
      null;
    end;
  end loop;
end
$$;

create view analytics.rooms as
select r.room_id, r.kind, r.history, r.created_by, r.created_at, r.archived, r.deleted_n is not null as deleted, r.members, r.ordinal as messages,
  r.n as events, r.active_at
from rm.room r;
comment on view analytics.rooms is 'Every room as it is now, deleted ones included.';
comment on column analytics.rooms.room_id is 'Id of the room';
comment on column analytics.rooms.kind is '`direct`, `group`, `public` or `private`';
comment on column analytics.rooms.history is 'What a member may read: `all`, or what was said `since-join`';
comment on column analytics.rooms.created_by is 'Id of the person who made it';
comment on column analytics.rooms.created_at is 'When it was made';
comment on column analytics.rooms.archived is 'Nothing can be said in it any more';
comment on column analytics.rooms.deleted is 'Nobody can see it any more';
comment on column analytics.rooms.members is 'People in it now';
comment on column analytics.rooms.messages is 'Messages ever posted, those taken away included';
comment on column analytics.rooms.events is 'Number of its last event';
comment on column analytics.rooms.active_at is 'When the last message was posted, or the room was made';

create view analytics.people as
select u.user_id, u.kind, u.state, u.source from rm.app_user u;
comment on view analytics.people is 'Everybody who ever registered, came as a guest or was imported.';
comment on column analytics.people.user_id is 'Id of the person';
comment on column analytics.people.kind is '`named`, `guest` or `imported`';
comment on column analytics.people.state is '`active`; `pending` while a name is being claimed; `refused`';
comment on column analytics.people.source is 'Archive that an imported person comes from';

create view analytics.members as
select m.room_id, m.user_id, m.role, m.joined_at, m.left_at, m.left_n is null as present, m.joined_n, m.left_n
from rm.member m;
comment on view analytics.members is 'Stays: one row per person, room and time between joining and leaving. Who came back has several.';
comment on column analytics.members.room_id is 'Id of the room';
comment on column analytics.members.user_id is 'Id of the person';
comment on column analytics.members.role is '`owner`, `moderator`, `member` or `guest`: now, or at the end of the stay';
comment on column analytics.members.joined_at is 'When the stay began';
comment on column analytics.members.left_at is 'When it ended; null while it lasts';
comment on column analytics.members.present is 'It lasts';
comment on column analytics.members.joined_n is 'Number of the room''s event that began it';
comment on column analytics.members.left_n is 'Number of the event that ended it';

create view analytics.messages as
select m.room_id, m.n, m.ordinal, m.message_id, m.author, m.at, coalesce(m.sent_at::timestamptz, m.at) as said_at, m.at_month as month, m.state, m.edited_at,
  m.reply_n, m.has_link, cardinality(m.mentions) as mentions, m.pinned_n is not null as pinned, m.source_name as source, m.redacted_at, m.redacted_by, m.seq
from rm.message m;
comment on view analytics.messages is 'Every message, without its text.';
comment on column analytics.messages.room_id is 'Id of the room';
comment on column analytics.messages.n is 'Number of its event in the room';
comment on column analytics.messages.ordinal is '1, 2, 3 … among the room''s messages';
comment on column analytics.messages.message_id is 'Id, unique in its room';
comment on column analytics.messages.author is 'Id of who wrote it';
comment on column analytics.messages.at is 'When it was stored; never goes back within a room';
comment on column analytics.messages.said_at is 'When it was said: elsewhere for imported messages, else `at`';
comment on column analytics.messages.month is 'First day of the month of `at`: what the table is cut by. A condition on it leaves whole months unread';
comment on column analytics.messages.state is '`shown`; `redacted`: taken away by somebody; `erased`: its key was destroyed';
comment on column analytics.messages.edited_at is 'When its text last changed';
comment on column analytics.messages.reply_n is 'Number of the message it answers';
comment on column analytics.messages.has_link is 'It has a link; false once redacted';
comment on column analytics.messages.mentions is 'How many people it mentions; 0 once redacted';
comment on column analytics.messages.pinned is 'It is pinned now';
comment on column analytics.messages.source is 'Archive and part that an imported message comes from';
comment on column analytics.messages.redacted_at is 'When it was taken away';
comment on column analytics.messages.redacted_by is 'Who took it away';
comment on column analytics.messages.seq is 'Sequence of its commit in the room''s stream';

create view analytics.edits as
select e.room_id, e.message_n, e.n, e.at from rm.message_edit e where e.n > e.message_n;
comment on view analytics.edits is 'Changes of texts, without the texts.';
comment on column analytics.edits.room_id is 'Id of the room';
comment on column analytics.edits.message_n is 'Number of the message';
comment on column analytics.edits.n is 'Number of the change';
comment on column analytics.edits.at is 'When it was made';

create view analytics.reactions as
select r.room_id, r.message_n, r.emoji, r.user_id, r.n from rm.reaction r;
comment on view analytics.reactions is 'Reactions as they are now: those taken back are gone.';
comment on column analytics.reactions.room_id is 'Id of the room';
comment on column analytics.reactions.message_n is 'Number of the message';
comment on column analytics.reactions.emoji is 'The emoji';
comment on column analytics.reactions.user_id is 'Who reacted';
comment on column analytics.reactions.n is 'Number of the event';

create view analytics.mentions as
select m.room_id, m.message_n, m.user_id, m.author from rm.mention m;
comment on view analytics.mentions is 'Who is mentioned by messages that are shown.';
comment on column analytics.mentions.room_id is 'Id of the room';
comment on column analytics.mentions.message_n is 'Number of the message';
comment on column analytics.mentions.user_id is 'Who is mentioned';
comment on column analytics.mentions.author is 'Who wrote the message';

create view analytics.events as
select o.room_id, o.n, o.at, o.type, o.by, o.user_id, o.role, o.seq from rm.note o;
comment on view analytics.events is 'What happened in rooms besides messages: made, renamed, archived, deleted, joined, left, removed, given a role.';
comment on column analytics.events.room_id is 'Id of the room';
comment on column analytics.events.n is 'Number of the event in the room';
comment on column analytics.events.at is 'When it happened';
comment on column analytics.events.type is 'Type of the event, such as `room.member-joined`';
comment on column analytics.events.by is 'Who did it: a person''s id, or `system`';
comment on column analytics.events.user_id is 'Whom it concerns';
comment on column analytics.events.role is 'Role that was given';
comment on column analytics.events.seq is 'Sequence of its commit in the room''s stream';

create view analytics.read_markers as
select k.user_id, k.room_id, k.n, greatest(r.n - k.n, 0) as behind
from rm.reader_marker k left join rm.room r on r.room_id = k.room_id;
comment on view analytics.read_markers is 'How far people have read.';
comment on column analytics.read_markers.user_id is 'Who';
comment on column analytics.read_markers.room_id is 'In which room';
comment on column analytics.read_markers.n is 'Number of the last event that was read';
comment on column analytics.read_markers.behind is 'Events of the room after it';
