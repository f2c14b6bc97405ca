-- Hours, days and weeks begin where UTC says, as the comments on them do, whatever zone a session is set to: tools set
-- it to that of the machine they run on, and the same question had other answers.

create or replace view analytics.activity_hours as
select date_trunc('hour', m.said_at, 'UTC') as hour, m.room_id, count(*) as messages, count(distinct m.author) as authors, count(m.reply_n) as replies,
  count(*) filter (where m.has_link) as links, count(m.edited_at) as edited, count(*) filter (where m.state = 'redacted') as redacted
from analytics.messages m group by 1, 2;
comment on column analytics.activity_hours.hour is 'Beginning of the hour (UTC)';

create or replace view analytics.activity_days as
select date_trunc('day', m.said_at, 'UTC') as day, count(*) as messages, count(distinct m.author) as authors, count(distinct m.room_id) as rooms
from analytics.messages m group by 1;

create or replace view analytics.person_days as
select date_trunc('day', m.said_at, 'UTC') as day, m.author as user_id, count(*) as messages, count(distinct m.room_id) as rooms
from analytics.messages m group by 1, 2;

create or replace view analytics.retention_weeks as
with weeks as (
  select distinct m.author, date_trunc('week', m.said_at, 'UTC') as week from analytics.messages m
), begun as (
  select w.author, min(w.week) as cohort from weeks w group by w.author
), sizes as (
  select b.cohort, count(*) as people from begun b group by b.cohort
)
select b.cohort, ((extract(epoch from w.week - b.cohort)) / 604800)::int as week, s.people as cohort_people, count(*) as people, round(count(*)::numeric / s.people, 3) as share
from begun b join weeks w on w.author = b.author join sizes s on s.cohort = b.cohort
group by b.cohort, w.week, s.people;
comment on column analytics.retention_weeks.cohort is 'Monday (UTC) of the week of their first message';

create or replace view analytics.membership_days as
select date_trunc('day', e.at, 'UTC') as day, e.room_id, count(*) filter (where e.type = 'room.member-joined') as joined,
  count(*) filter (where e.type = 'room.member-left') as left_by_themselves, count(*) filter (where e.type = 'room.member-removed') as removed
from analytics.events e where e.type in ('room.member-joined', 'room.member-left', 'room.member-removed') group by 1, 2;
