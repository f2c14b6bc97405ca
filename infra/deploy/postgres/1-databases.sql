-- Once, by an administrator, before anything else: psql -v owner_password=… -v vault_password=… -f 1-databases.sql
-- The vault may lie on a server of its own, and its backups are others in any case (infra/docs/deploy.md).
create role parley_owner login createrole createdb password :'owner_password';
create database parley owner parley_owner template template0 encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8';

create role parley_vault_owner login createrole password :'vault_password';
create database parley_vault owner parley_vault_owner template template0 encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8';

-- Nobody else has business here.
revoke connect on database parley, parley_vault from public;
grant connect on database parley to parley_owner;
grant connect on database parley_vault to parley_vault_owner;
