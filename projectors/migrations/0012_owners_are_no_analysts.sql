-- An owner that is no superuser is made a member of every role it makes (PostgreSQL 16 on), and so was taken for an
-- analyst itself: its long work was ended like theirs. Such a membership inherits nothing, or was given by oneself.
create view ops.analyst_member as
select m.member, bool_or(g.rolname = 'parley_analyst_text') as with_text
from pg_auth_members m join pg_roles g on g.oid = m.roleid
where g.rolname in ('parley_analyst', 'parley_analyst_text') and m.inherit_option and m.grantor <> m.member
group by m.member;

create or replace view ops.analyst as
select r.rolname::text as name, m.with_text, r.rolconnlimit as connections
from ops.analyst_member m join pg_roles r on r.oid = m.member
where r.rolcanlogin and not r.rolsuper;

-- As before, behind a check of what is an analyst's role already.
alter function ops.create_analyst(text, text, boolean, int) rename to set_analyst_up;
create function ops.create_analyst(name text, verifier text, with_text boolean default false, connections int default 3) returns void language plpgsql as $$
begin
  if exists (select from pg_roles r where r.rolname = name and not exists (select from ops.analyst_member m where m.member = r.oid)) then
    raise exception 'there is a role % that is no analyst', name using errcode = '42710';
  end if;
  perform ops.set_analyst_up(name, verifier, with_text, connections);
end $$;
