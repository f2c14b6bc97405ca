-- Series ready for a dashboard: who did how much when, how fast people answer, who comes back, and how the service did.
-- A moment is when something was said, which for imported messages is long before it was stored.

create view analytics.activity_hours as
select date_trunc('hour', m.said_at) as hour, m.room_id, count(*) as messages, count(distinct m.author) as authors, count(m.reply_n) as replies,
  count(*) filter (where m.has_link) as links, count(m.edited_at) as edited, count(*) filter (where m.state = 'redacted') as redacted
from analytics.messages m group by 1, 2;
comment on view analytics.activity_hours is 'Messages by hour and room; hours in which nothing was said are not there.';
comment on column analytics.activity_hours.hour is 'Beginning of the hour';
comment on column analytics.activity_hours.room_id is 'Id of the room';
comment on column analytics.activity_hours.messages is 'Messages said in it';
comment on column analytics.activity_hours.authors is 'People who said something';
comment on column analytics.activity_hours.replies is 'Messages that answer another one';
comment on column analytics.activity_hours.links is 'Messages with a link';
comment on column analytics.activity_hours.edited is 'Messages whose text was changed since';
comment on column analytics.activity_hours.redacted is 'Messages that were taken away since';

create view analytics.activity_days as
select date_trunc('day', m.said_at) as day, count(*) as messages, count(distinct m.author) as authors, count(distinct m.room_id) as rooms
from analytics.messages m group by 1;
comment on view analytics.activity_days is 'Messages by day, all rooms together.';
comment on column analytics.activity_days.day is 'Beginning of the day (UTC)';
comment on column analytics.activity_days.messages is 'Messages said';
comment on column analytics.activity_days.authors is 'People who said something: daily active people';
comment on column analytics.activity_days.rooms is 'Rooms in which something was said';

create view analytics.person_days as
select date_trunc('day', m.said_at) as day, m.author as user_id, count(*) as messages, count(distinct m.room_id) as rooms
from analytics.messages m group by 1, 2;
comment on view analytics.person_days is 'Messages by day and person: what any question of who came back begins with.';
comment on column analytics.person_days.day is 'Beginning of the day (UTC)';
comment on column analytics.person_days.user_id is 'Id of the person';
comment on column analytics.person_days.messages is 'Messages said';
comment on column analytics.person_days.rooms is 'Rooms in which they were said';

create view analytics.retention_weeks as
with weeks as (
  select distinct m.author, date_trunc('week', m.said_at) as week from analytics.messages m
), begun as (
  select w.author, min(w.week) as cohort from weeks w group by w.author
), sizes as (
  select b.cohort, count(*) as people from begun b group by b.cohort
)
select b.cohort, ((extract(epoch from w.week - b.cohort)) / 604800)::int as week, s.people as cohort_people, count(*) as people, round(count(*)::numeric / s.people, 3) as share
from begun b join weeks w on w.author = b.author join sizes s on s.cohort = b.cohort
group by b.cohort, w.week, s.people;
comment on view analytics.retention_weeks is 'Of the people who first said something in one week, how many said something in each week after it.';
comment on column analytics.retention_weeks.cohort is 'Monday of the week of their first message';
comment on column analytics.retention_weeks.week is 'Weeks since then: 0 is that week itself';
comment on column analytics.retention_weeks.cohort_people is 'How many began in that week';
comment on column analytics.retention_weeks.people is 'How many of them said something in this week';
comment on column analytics.retention_weeks.share is 'people / cohort_people';

create view analytics.membership_days as
select date_trunc('day', e.at) as day, e.room_id, count(*) filter (where e.type = 'room.member-joined') as joined,
  count(*) filter (where e.type = 'room.member-left') as left_by_themselves, count(*) filter (where e.type = 'room.member-removed') as removed
from analytics.events e where e.type in ('room.member-joined', 'room.member-left', 'room.member-removed') group by 1, 2;
comment on view analytics.membership_days is 'Coming and going by day and room.';
comment on column analytics.membership_days.day is 'Beginning of the day (UTC)';
comment on column analytics.membership_days.room_id is 'Id of the room';
comment on column analytics.membership_days.joined is 'People who joined';
comment on column analytics.membership_days.left_by_themselves is 'People who left';
comment on column analytics.membership_days.removed is 'People who were removed by somebody';

create view analytics.response_times as
select t.room_id, t.n, t.author, t.said_at, t.next_n as response_n, t.next_author as responder, t.next_reply_n is not distinct from t.n as is_reply,
  extract(epoch from t.next_said_at - t.said_at)::float8 as seconds
from (
  select m.room_id, m.n, m.author, m.said_at, lead(m.n) over next as next_n, lead(m.author) over next as next_author, lead(m.said_at) over next as next_said_at,
    lead(m.reply_n) over next as next_reply_n
  from analytics.messages m window next as (partition by m.room_id order by m.n)
) t
where t.next_author <> t.author;
comment on view analytics.response_times is 'How long it took until somebody else spoke: one row for the last message of each person''s turn, if it was followed by another''s.';
comment on column analytics.response_times.room_id is 'Id of the room';
comment on column analytics.response_times.n is 'Number of the last message of a turn';
comment on column analytics.response_times.author is 'Whose turn it was';
comment on column analytics.response_times.said_at is 'When that message was said';
comment on column analytics.response_times.response_n is 'Number of the message after it';
comment on column analytics.response_times.responder is 'Who wrote that';
comment on column analytics.response_times.is_reply is 'It answers the message expressly';
comment on column analytics.response_times.seconds is 'Seconds between the two';

create view analytics.threads as
with recursive up as (
  select m.room_id, m.n, m.reply_n as root_n, 1 as depth from rm.message m where m.reply_n is not null
  union all
  select u.room_id, u.n, p.reply_n, u.depth + 1 from up u join rm.message p on p.room_id = u.room_id and p.n = u.root_n where p.reply_n < u.root_n
), placed as (
  select distinct on (u.room_id, u.n) u.room_id, u.n, u.root_n, u.depth from up u order by u.room_id, u.n, u.depth desc
)
select p.room_id, p.root_n, root.author, root.said_at, count(*) as replies, count(distinct m.author) as people, max(p.depth) as depth,
  min(m.said_at) as first_reply_at, max(m.said_at) as last_reply_at
from placed p
join analytics.messages m on m.room_id = p.room_id and m.n = p.n
join analytics.messages root on root.room_id = p.room_id and root.n = p.root_n
group by p.room_id, p.root_n, root.author, root.said_at;
comment on view analytics.threads is 'Messages that were answered, with all answers to them and to their answers.';
comment on column analytics.threads.room_id is 'Id of the room';
comment on column analytics.threads.root_n is 'Number of the message that it began with';
comment on column analytics.threads.author is 'Who wrote that';
comment on column analytics.threads.said_at is 'When that was said';
comment on column analytics.threads.replies is 'Answers, direct and indirect';
comment on column analytics.threads.people is 'People who answered';
comment on column analytics.threads.depth is 'Longest chain of answers';
comment on column analytics.threads.first_reply_at is 'When the first answer was said';
comment on column analytics.threads.last_reply_at is 'When the last one was said';

create view analytics.moderation as
select e.at, e.room_id, e.n, replace(e.type, 'room.', '') as action, e.by, e.user_id, e.role, null::bigint as message_n
from analytics.events e
where e.type in ('room.member-removed', 'room.member-role-changed', 'room.archived', 'room.unarchived', 'room.deleted')
union all
select m.redacted_at, m.room_id, m.n, 'message-redacted', m.redacted_by, m.author, null, m.n
from analytics.messages m where m.state = 'redacted' and m.redacted_by <> m.author::text;
comment on view analytics.moderation is 'What was done to people and rooms by those who may: removals, roles, others'' messages taken away, rooms closed.';
comment on column analytics.moderation.at is 'When';
comment on column analytics.moderation.room_id is 'Id of the room';
comment on column analytics.moderation.n is 'Number of the event; of a redacted message, its own';
comment on column analytics.moderation.action is '`member-removed`, `member-role-changed`, `message-redacted`, `archived`, `unarchived` or `deleted`';
comment on column analytics.moderation.by is 'Who did it';
comment on column analytics.moderation.user_id is 'To whom: the member, or the message''s author';
comment on column analytics.moderation.role is 'Role that was given';
comment on column analytics.moderation.message_n is 'Number of the message that was taken away';

create function analytics.latency_bounds() returns float8[] language sql immutable parallel safe as
  $$ select array[0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000]::float8[] $$;
comment on function analytics.latency_bounds() is 'Upper bounds in milliseconds of the buckets that times are counted in; one more bucket is beyond them';

create aggregate analytics.sum_counts(bigint[]) (sfunc = ops.add_counts, stype = bigint[], parallel = safe);
comment on aggregate analytics.sum_counts(bigint[]) is 'Adds counts bucket by bucket';

create function analytics.quantile(counts bigint[], q float8) returns float8 language plpgsql immutable strict parallel safe as $$
declare
  v_bounds float8[] := analytics.latency_bounds();
  v_left   float8 := 0;
  v_low    float8;
begin
  foreach v_low in array counts loop
    v_left := v_left + v_low;
  end loop;
  if v_left = 0 then
    return null;
  end if;
  v_left := q * v_left;
  for v_place in 1 .. cardinality(counts) loop
    if counts[v_place] > 0 and v_left <= counts[v_place] + 1e-6 then
      exit when v_place > cardinality(v_bounds);
      v_low := coalesce(v_bounds[v_place - 1], 0);
      return v_low + (v_bounds[v_place] - v_low) * least(greatest(v_left, 0) / counts[v_place], 1);
    end if;
    v_left := v_left - counts[v_place];
  end loop;
  return v_bounds[cardinality(v_bounds)];
end $$;
comment on function analytics.quantile(bigint[], float8) is 'Estimates a quantile in milliseconds from counts, straight between the bounds of its bucket';

create view analytics.query_hours as
select q.hour, q.question, q.outcome, q.asked, q.empty, analytics.quantile(q.counts, 0.5) as p50_ms, analytics.quantile(q.counts, 0.99) as p99_ms, q.counts::bigint[] as counts
from ops.query_use q;
comment on view analytics.query_hours is 'Questions to the query-service by the hour. What was asked for is not kept.';
comment on column analytics.query_hours.hour is 'Beginning of the hour';
comment on column analytics.query_hours.question is 'Name of the question, such as `history` or `search`';
comment on column analytics.query_hours.outcome is '`ok`, or the code of the problem it ended in';
comment on column analytics.query_hours.asked is 'How often';
comment on column analytics.query_hours.empty is 'How often nothing was found';
comment on column analytics.query_hours.p50_ms is 'Half of the answers took at most this long';
comment on column analytics.query_hours.p99_ms is '99 of 100 took at most this long';
comment on column analytics.query_hours.counts is 'Answers per bucket of `latency_bounds()`, to be merged by `sum_counts`';

create view analytics.search_hours as
select q.hour, sum(q.asked)::bigint as searches, sum(q.empty)::bigint as without_hits, coalesce(sum(q.asked) filter (where q.outcome <> 'ok'), 0)::bigint as failed,
  analytics.quantile(analytics.sum_counts(q.counts), 0.5) as p50_ms, analytics.quantile(analytics.sum_counts(q.counts), 0.99) as p99_ms
from analytics.query_hours q where q.question = 'search' group by q.hour;
comment on view analytics.search_hours is 'Searches by the hour. The words that were searched for are not kept.';
comment on column analytics.search_hours.hour is 'Beginning of the hour';
comment on column analytics.search_hours.searches is 'Searches';
comment on column analytics.search_hours.without_hits is 'Searches that found nothing';
comment on column analytics.search_hours.failed is 'Searches that were refused or failed';
comment on column analytics.search_hours.p50_ms is 'Half of them took at most this long';
comment on column analytics.search_hours.p99_ms is '99 of 100 took at most this long';

create view analytics.delivery_minutes as
select d.minute, d.gateway, d.frames, analytics.quantile(d.counts, 0.5) as p50_ms, analytics.quantile(d.counts, 0.99) as p99_ms, d.counts::bigint[] as counts
from ops.delivery d;
comment on view analytics.delivery_minutes is 'How long it took from the storing of a commit to the writing of its frame to sockets, by minute and gateway. Best effort: a gateway that dies takes its last seconds along.';
comment on column analytics.delivery_minutes.minute is 'Beginning of the minute';
comment on column analytics.delivery_minutes.gateway is 'Instance of the gateway';
comment on column analytics.delivery_minutes.frames is 'Frames written, each to all sockets it concerns';
comment on column analytics.delivery_minutes.p50_ms is 'Half of them took at most this long';
comment on column analytics.delivery_minutes.p99_ms is '99 of 100 took at most this long';
comment on column analytics.delivery_minutes.counts is 'Frames per bucket of `latency_bounds()`, to be merged by `sum_counts`';

create view analytics.parked as
select p.projection, p.stream, p.kind, p.aggregate, p.from_n, p.reason, p.attempts, p.parked_at from ops.active_parked p;
comment on view analytics.parked is 'What projections had to set aside: rows about these are as old as this says.';
comment on column analytics.parked.projection is 'Name of the projection';
comment on column analytics.parked.stream is 'Stream of the log';
comment on column analytics.parked.kind is 'Kind of what was set aside: `room`, `user` or `reader`';
comment on column analytics.parked.aggregate is 'Its id';
comment on column analytics.parked.from_n is 'Number of the first event that is not in the rows';
comment on column analytics.parked.reason is 'Short code of the reason';
comment on column analytics.parked.attempts is 'How often it was tried again';
comment on column analytics.parked.parked_at is 'When it was set aside';

create view analytics.freshness as
select c.projection, c.generation, c.version, c.stream, c.seq, c.updated_at from ops.active_checkpoint c;
comment on view analytics.freshness is 'How far the rows are: the position of everything that is asked here.';
comment on column analytics.freshness.projection is 'Name of the projection';
comment on column analytics.freshness.generation is 'Which set of its rows is read: another one after a rebuild';
comment on column analytics.freshness.version is 'Version of the rules that made the rows';
comment on column analytics.freshness.stream is 'Stream of the log';
comment on column analytics.freshness.seq is 'Last sequence of the stream that is in the rows';
comment on column analytics.freshness.updated_at is 'When the rows last moved on';

create view analytics.projectors as
select p.instance, p.lanes, p.wanted, p.lag_seconds, p.trouble, p.heartbeat_at from ops.projector p;
comment on view analytics.projectors is 'Processes that fill the rows, and how far they are behind the log.';
comment on column analytics.projectors.instance is 'Name of the process';
comment on column analytics.projectors.lanes is 'Projections and streams it works on';
comment on column analytics.projectors.wanted is 'How many there are in all';
comment on column analytics.projectors.lag_seconds is 'For how long the worst of them has had something to do';
comment on column analytics.projectors.trouble is 'What stops it';
comment on column analytics.projectors.heartbeat_at is 'When it last said so, every 2 s';

-- Where the rows are now, as a cursor token: what is asked `as of` it gives the same answer for ever.
create function analytics.cursor_now() returns text language sql stable as $$
  select 'c1.' || (select epoch from analytics.log) || '.' || string_agg(coalesce(analytics.to_base36(f.seq), ''), '~' order by s.place)
  from (select 'EVT_' || i as stream, i as place from generate_series(0, 15) i union all select 'RDR_' || i, 16 + i from generate_series(0, 3) i) s
  left join (select stream, seq from analytics.freshness where projection in ('conversations', 'markers')) f on f.stream = s.stream $$;
comment on function analytics.cursor_now() is 'Where the rows are now, as a cursor';
