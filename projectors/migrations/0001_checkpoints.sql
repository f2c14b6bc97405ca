-- How far each projection is, and what it had to set aside. Never part of a comparison between two folds.
create schema if not exists ops;

-- The rows of a projection lie in a schema of their own, `<projection>_<generation>`. One generation is read through
-- the views of `rm`; others stand beside it: one that is being built, and the one before, kept current to go back to.
create table ops.generation (
  projection   text not null,
  generation   int not null check (generation > 0),
  -- Of the projection's rules: only a build that knows this version can keep the rows current.
  version      int not null,
  -- building: filled from event 1 by `parley rebuild`. standby: current, not read. active: current and read. retired:
  -- its tables are gone; its number is not given again.
  state        text not null check (state in ('building', 'standby', 'active', 'retired')),
  -- How far its tables are: without late keys and indexes while it is filled.
  made         text not null default 'tables' check (made in ('tables', 'keys', 'whole')),
  created_at   timestamptz not null default now(),
  -- When it was last made the one that is read; null: never.
  activated_at timestamptz,
  -- What its rows hashed to when they were last compared with others, and when that was.
  hash         text,
  compared_at  timestamptz,
  primary key (projection, generation)
);
create unique index generation_active on ops.generation (projection) where state = 'active';
create unique index generation_building on ops.generation (projection) where state = 'building';

-- A projection moves this row and its own rows in one transaction that begins by comparing `seq`: that is what keeps
-- two processes, or one and its own past, from both applying a commit.
create table ops.checkpoint (
  projection text not null,
  generation int not null,
  stream     text not null,
  seq        bigint not null default 0 check (seq >= 0),
  -- The stream's epoch: another one means another log, in which these sequences mean nothing.
  epoch      text not null,
  updated_at timestamptz not null default now(),
  primary key (projection, generation, stream)
) with (fillfactor = 50);

-- An aggregate whose commit could not be applied. Its later commits are skipped and read again on retry; nothing of
-- them is copied here.
create table ops.parked (
  projection         text not null,
  generation         int not null,
  stream             text not null,
  kind               text not null,
  aggregate          text not null,
  from_seq           bigint not null,
  from_n             bigint not null,
  reason             text not null,
  detail             text not null default '',
  attempts           int not null default 0,
  parked_at          timestamptz not null default now(),
  -- Set by an operator; the worker that owns the stream looks between two batches.
  retry_requested_at timestamptz,
  primary key (projection, generation, stream, kind, aggregate)
);
create index parked_aggregate on ops.parked (kind, aggregate);

-- The log as a whole, as the projector last accepted it: cursors carry this epoch.
create table ops.log (
  one        boolean primary key default true check (one),
  epoch      text not null,
  updated_at timestamptz not null default now()
);

-- Projectors alive, how many streams each works on, and how far its worst one is behind: for readers' own health.
create table ops.projector (
  instance     text primary key,
  lanes        int not null,
  wanted       int not null,
  lag_seconds  double precision not null,
  trouble      text,
  heartbeat_at timestamptz not null default now()
);

-- What concerns the rows that are read now.
create view ops.active_checkpoint as
select c.projection, c.generation, c.stream, c.seq, c.epoch, c.updated_at, g.version
from ops.checkpoint c join ops.generation g on g.projection = c.projection and g.generation = c.generation where g.state = 'active';

create view ops.active_parked as
select p.* from ops.parked p join ops.generation g on g.projection = p.projection and g.generation = p.generation where g.state = 'active';
