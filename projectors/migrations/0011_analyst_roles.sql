-- Who may read what, and what an analyst's session may cost. The group roles may read; people sign in with roles of
-- their own that ops.create_analyst makes.
revoke all on schema analytics, analytics_text from public;
revoke execute on all functions in schema analytics_text from public;
grant usage on schema analytics to parley_analyst, parley_analyst_text;
grant select on all tables in schema analytics to parley_analyst, parley_analyst_text;
grant usage on schema analytics_text to parley_analyst_text;
grant select on all tables in schema analytics_text to parley_analyst_text;
grant execute on all functions in schema analytics_text to parley_analyst_text;
-- What a later migration adds can be read without a grant of its own.
alter default privileges in schema analytics grant select on tables to parley_analyst, parley_analyst_text;

do $$
begin
  -- A temporary table is not bounded by temp_file_limit; nobody here needs one.
  execute format('revoke temporary on database %I from public', current_database());
end
$$;

-- The locks by which projectors and migrations share their work can be taken by anybody, unless this is said. Needs a
-- superuser; where the owner is none, an analyst belongs on a replica.
do $$
declare
  v_function regprocedure;
begin
  for v_function in select p.oid::regprocedure from pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace and p.proname ~ '^pg_(try_)?advisory_' loop
    execute format('revoke execute on function %s from public', v_function);
    execute format('grant execute on function %s to current_user', v_function);
  end loop;
exception when insufficient_privilege then
  raise notice 'advisory locks stay open to everybody: only a superuser can close them';
end
$$;

-- Makes (or makes anew) a role that a person signs in with. `verifier`: SCRAM-SHA-256 verifier, or a password. The
-- settings are what a session begins with; one that changes them is ended by the projectors (ops.end_long_analyses).
create function ops.create_analyst(name text, verifier text, with_text boolean default false, connections int default 3) returns void language plpgsql as $$
declare
  v_setting text;
begin
  if name !~ '^[a-z_][a-z0-9_]{0,62}$' or name ~ '^(pg_|parley$|parley_analyst)' then
    raise exception 'an analyst''s role is named by small letters, digits and _, not %', name using errcode = '22023';
  end if;
  if exists (select from pg_roles r where r.rolname = name) then
    if not exists (select from pg_auth_members m where m.member = name::regrole and m.roleid in ('parley_analyst'::regrole, 'parley_analyst_text'::regrole)) then
      raise exception 'there is a role % that is no analyst', name using errcode = '42710';
    end if;
  else
    execute format('create role %I', name);
  end if;
  execute format('alter role %I login password %L connection limit %s', name, verifier, connections);
  execute format('revoke parley_analyst, parley_analyst_text from %I', name);
  execute format('grant %I to %I', case when with_text then 'parley_analyst_text' else 'parley_analyst' end, name);
  foreach v_setting in array array[
    'search_path = analytics', 'statement_timeout = ''30s''', 'idle_in_transaction_session_timeout = ''30s''', 'lock_timeout = ''2s''', 'work_mem = ''16MB''',
    'hash_mem_multiplier = 1', 'max_parallel_workers_per_gather = 0', 'jit = off', 'application_name = ''analyst''',
    -- Opening an access to texts writes its row; other than that nothing is granted that could be written to.
    'default_transaction_read_only = ' || case when with_text then 'off' else 'on' end
  ] loop
    execute format('alter role %I set %s', name, v_setting);
  end loop;
  -- A superuser's to give: a bound that the session cannot lift, and a line in the server's log for whoever reads texts.
  begin
    execute format('alter role %I set temp_file_limit = ''1GB''', name);
    execute format(case when with_text then 'alter role %I set log_statement = ''all''' else 'alter role %I reset log_statement' end, name);
  exception when insufficient_privilege then
    raise notice 'temp_file_limit and log_statement are not set: only a superuser can';
  end;
end $$;

create view ops.analyst as
select r.rolname::text as name, bool_or(g.rolname = 'parley_analyst_text') as with_text, r.rolconnlimit as connections
from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles r on r.oid = m.member
where g.rolname in ('parley_analyst', 'parley_analyst_text') and r.rolcanlogin and not r.rolsuper
group by r.rolname, r.rolconnlimit;

-- Ends analysts' sessions that have worked, or held a transaction open, for longer than this; tells how many. What a
-- session may set itself (statement_timeout is such a thing) bounds nobody who means it.
create function ops.end_long_analyses(seconds float8) returns int language sql as $$
  select count(*) filter (where pg_terminate_backend(a.pid))::int
  from pg_stat_activity a join ops.analyst n on n.name = a.usename
  where a.datname = current_database() and (
    (a.state = 'active' and a.query_start < clock_timestamp() - make_interval(secs => seconds))
    or (a.xact_start < clock_timestamp() - make_interval(secs => seconds))) $$;
