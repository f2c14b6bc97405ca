-- The vault: the secrets that all personal content is sealed under, reached only through the functions below.
-- Its database has backups of its own, kept 30 days at most, so that a destroyed secret is gone after that.

create schema vault;
revoke all on schema vault from public;

-- One row per scope. A destroyed scope keeps its row as a tombstone: nothing can be sealed under it again.
create table vault.secret (
  scope            text collate "C" primary key check (scope ~ '^(pepper|person:[A-Za-z0-9_-]{1,64}|room:[A-Za-z0-9_-]{1,64}(:[0-9]{6})?)$'),
  wrapped          bytea check (octet_length(wrapped) = 73),
  created_at       timestamptz not null default now(),
  destroyed_at     timestamptz,
  destroyed_by     text,
  destroyed_reason text,
  check ((wrapped is null) = (destroyed_at is not null))
);
-- Rows change only when a secret is destroyed, so every dead row is a destroyed secret: clear it from disk at once.
alter table vault.secret set (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);

-- Who asked for how much, by the minute; also what the limit is counted on.
create table vault.audit (
  role        text not null,
  application text not null,
  minute      timestamptz not null,
  call        text not null,
  calls       bigint not null,
  scopes      bigint not null,
  primary key (minute, role, application, call)
);

-- More or less than the usual limit, for one login role.
create table vault.quota (
  role              text primary key,
  scopes_per_minute bigint not null check (scopes_per_minute > 0)
);

-- Counts a call and refuses it beyond the role's limit: a stolen login cannot read all secrets unnoticed and at once.
-- The limit is the login role's, since an application may call itself what it likes.
create function vault.admit(p_call text, p_scopes integer) returns void
language plpgsql security definer set search_path = pg_catalog, vault as $$
declare
  v_minute  timestamptz := date_trunc('minute', clock_timestamp());
  v_used    bigint;
  v_limit   bigint;
  v_first   boolean;
begin
  if p_scopes > 500 then
    raise exception 'at most 500 scopes per call, not %', p_scopes using errcode = 'PV413';
  end if;
  insert into vault.audit as a (role, application, minute, call, calls, scopes)
  values (session_user, left(current_setting('application_name'), 64), v_minute, p_call, 1, p_scopes)
  on conflict (minute, role, application, call) do update set calls = a.calls + 1, scopes = a.scopes + excluded.scopes
  returning (xmax = 0) into v_first;
  select sum(scopes) into v_used from vault.audit where minute = v_minute and role = session_user;
  select scopes_per_minute into v_limit from vault.quota where role = session_user;
  if v_used > coalesce(v_limit, 600000) then
    raise exception 'role % asked for more than % scopes this minute', session_user, coalesce(v_limit, 600000) using errcode = 'PV429';
  end if;
  if v_first then
    delete from vault.audit where minute < v_minute - interval '90 days';
  end if;
end
$$;

-- The scope whose destruction takes this one along: a room takes all its months.
create function vault.parent_of(p_scope text) returns text
language sql immutable set search_path = pg_catalog as $$
  select case when p_scope ~ '^room:[^:]+:' then regexp_replace(p_scope, ':[0-9]{6}$', '') end
$$;

create function vault.get(p_scopes text[]) returns table (scope text, wrapped bytea)
language plpgsql security definer set search_path = pg_catalog, vault as $$
begin
  -- Only the count of calls is written here; losing its last moments in a crash is harmless, waiting for the disk is not.
  perform set_config('synchronous_commit', 'off', true);
  perform vault.admit('get', cardinality(p_scopes));
  return query
    select wanted.scope, case when parent.destroyed_at is null then s.wrapped end
    from unnest(p_scopes) as wanted(scope)
    left join vault.secret s on s.scope = wanted.scope
    left join vault.secret parent on parent.scope = vault.parent_of(wanted.scope) and parent.destroyed_at is not null
    where s.scope is not null or parent.scope is not null;
end
$$;

-- Offers a new wrapped secret for every scope; where there is one already, or a tombstone, the offer is dropped.
create function vault.get_or_create(p_scopes text[], p_wrapped bytea[]) returns table (scope text, wrapped bytea)
language plpgsql security definer set search_path = pg_catalog, vault as $$
begin
  -- A secret that something was sealed under must not be lost.
  perform set_config('synchronous_commit', 'on', true);
  perform vault.admit('get_or_create', cardinality(p_scopes));
  -- In one order for everybody: two calls that each wait for the other's row would be a deadlock.
  insert into vault.secret (scope, wrapped)
  select offered.scope, offered.wrapped
  from unnest(p_scopes, p_wrapped) as offered(scope, wrapped)
  where not exists (select from vault.secret s where s.scope = offered.scope)
    and not exists (select from vault.secret p where p.scope = vault.parent_of(offered.scope) and p.destroyed_at is not null)
  order by offered.scope
  on conflict do nothing;
  return query
    select wanted.scope, case when parent.destroyed_at is null then s.wrapped end
    from unnest(p_scopes) as wanted(scope)
    left join vault.secret s on s.scope = wanted.scope
    left join vault.secret parent on parent.scope = vault.parent_of(wanted.scope) and parent.destroyed_at is not null
    where s.scope is not null or parent.scope is not null;
end
$$;

create function vault.destroy(p_scope text, p_reason text) returns void
language plpgsql security definer set search_path = pg_catalog, vault as $$
begin
  perform set_config('synchronous_commit', 'on', true);
  perform vault.admit('destroy', 1);
  insert into vault.secret as s (scope, wrapped, destroyed_at, destroyed_by, destroyed_reason)
  values (p_scope, null, clock_timestamp(), session_user, p_reason)
  on conflict (scope) do update
    set wrapped = null, destroyed_at = excluded.destroyed_at, destroyed_by = excluded.destroyed_by, destroyed_reason = excluded.destroyed_reason
    where s.destroyed_at is null;
  update vault.secret
    set wrapped = null, destroyed_at = clock_timestamp(), destroyed_by = session_user, destroyed_reason = p_reason
    where scope > p_scope || ':' and scope < p_scope || ';' and vault.parent_of(scope) = p_scope and destroyed_at is null;
end
$$;

revoke all on all tables in schema vault from public;
revoke execute on all functions in schema vault from public;

-- Login roles of the services get one of these: gateways and projectors read, the command service writes, an erasure destroys.
do $$
declare
  v_role text;
begin
  foreach v_role in array array['parley_vault_read', 'parley_vault_write', 'parley_vault_erase'] loop
    begin
      execute format('create role %I nologin', v_role);
    exception when duplicate_object or unique_violation then
      null;
    end;
    execute format('grant usage on schema vault to %I', v_role);
  end loop;
end
$$;
grant execute on function vault.get(text[]) to parley_vault_read, parley_vault_write, parley_vault_erase;
grant execute on function vault.get_or_create(text[], bytea[]) to parley_vault_write;
grant execute on function vault.destroy(text, text) to parley_vault_erase;
