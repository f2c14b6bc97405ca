-- Once, by an administrator, after `parley doctor --fix` has made the tables and with them the groups of roles:
-- psql -v query_password=… -v command_password=… -v projectors_password=… -v gateway_password=… -f 2-services.sql
-- A service may do what it does and no more; projectors alone make and write rows, as the owner of their database.
create role parley_query_service login password :'query_password' in role parley_query;
create role parley_command_service login password :'command_password' in role parley_vault_write;
create role parley_projectors login password :'projectors_password' in role parley_vault_read;
create role parley_gateway login password :'gateway_password' in role parley_vault_read;

grant connect on database parley to parley_query, parley_analyst, parley_analyst_text;
grant connect on database parley_vault to parley_vault_read, parley_vault_write, parley_vault_erase;
