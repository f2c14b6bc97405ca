-- What answers questions reads the rows and writes nothing but how often it was asked. The query-service signs in with a
-- role of its own that is granted this one. As in 0007, another database of this server may have made it.
do $$
begin
  create role parley_query nologin;
exception when duplicate_object or unique_violation then
  null;
end
$$;

grant usage on schema rm, search, ops to parley_query;
-- Views and the index's tables are made anew by rebuilds and migrations: whoever makes them lets them be read.
grant select on all tables in schema rm, search to parley_query;
alter default privileges in schema rm grant select on tables to parley_query;
alter default privileges in schema search grant select on tables to parley_query;
grant select on ops.generation, ops.checkpoint, ops.active_checkpoint, ops.active_parked, ops.log, ops.projector to parley_query;
grant select, insert, update, delete on ops.query_use to parley_query;
