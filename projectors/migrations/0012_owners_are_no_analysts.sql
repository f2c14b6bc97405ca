-- An owner that is no superuser is made an administrator of every role it makes (PostgreSQL 16 on), and so was taken
-- for an analyst itself: its long work was ended like theirs. Who may give a role away is nobody who was given it.
create view ops.analyst_member as
select m.member, bool_or(g.rolname = 'parley_analyst_text') as with_text
from pg_auth_members m join pg_roles g on g.oid = m.roleid
where g.rolname in ('parley_analyst', 'parley_analyst_text')
group by m.member having not bool_or(m.admin_option);

create or replace view ops.analyst as
select r.rolname::text as name, m.with_text, r.rolconnlimit as connections
from ops.analyst_member m join pg_roles r on r.oid = m.member
where r.rolcanlogin and not r.rolsuper;

-- As before, but for what counts as an analyst's role already.
create or replace function ops.create_analyst(name text, verifier text, with_text boolean default false, connections int default 3) returns void language plpgsql as $$
declare
  v_setting text;
begin
  if name !~ '^[a-z_][a-z0-9_]{0,62}$' or name ~ '^(pg_|parley$|parley_analyst)' then
    raise exception 'an analyst''s role is named by small letters, digits and _, not %', name using errcode = '22023';
  end if;
  if exists (select from pg_roles r where r.rolname = name) then
    if not exists (select from ops.analyst_member m where m.member = name::regrole) then
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
