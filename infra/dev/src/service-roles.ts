import { createHmac } from 'node:crypto';
import { openPostgres, type Sql } from '@parley/kernel/stores/postgres';
import { addressWith } from '@parley/kernel/stores/postgres-address';
import { scramVerifier } from '@parley/kernel/stores/scram';
import type { ServiceName, ServiceWorld } from './services.ts';

/** Which group of roles, made by the migrations, each service's own role belongs to. Projectors own the read database. */
const roles = [
  { service: 'query-service', of: 'databaseUrl', role: 'parley_query_service', group: 'parley_query' },
  { service: 'command-service', of: 'vaultUrl', role: 'parley_command_service', group: 'parley_vault_write' },
  { service: 'projectors', of: 'vaultUrl', role: 'parley_projectors', group: 'parley_vault_read' },
  { service: 'gateway', of: 'vaultUrl', role: 'parley_gateway', group: 'parley_vault_read' },
] as const satisfies readonly { readonly service: ServiceName; readonly of: 'databaseUrl' | 'vaultUrl'; readonly role: string; readonly group: string }[];

/** Addresses of the databases as a service may use them. */
export type OwnAddresses = Partial<Record<ServiceName, { readonly databaseUrl?: string; readonly vaultUrl?: string }>>;

/**
 * Makes a role per service and database that may do no more than the service does, and returns their addresses. Both
 * databases are migrated and lie on one server, whose roles they share. Passwords follow from the owner's, so that an
 * address stays good over restarts.
 */
export async function makeServiceRoles(world: Pick<ServiceWorld, 'databaseUrl' | 'vaultUrl'>): Promise<OwnAddresses> {
  const owner = new URL(world.databaseUrl).password;
  const passwordOf = (role: string): string => createHmac('sha256', owner).update(`role ${role}`).digest('base64url');
  const sql = openPostgres(world.databaseUrl, { max: 1, name: 'parley-launcher' });
  try {
    for (const { role, group } of roles) await makeRole(sql, role, group, passwordOf(role));
  } finally {
    await sql.end({ timeout: 5 });
  }
  return Object.fromEntries(roles.map(({ service, of, role }) => [service, { [of]: addressWith(world[of], { user: role, password: passwordOf(role) }) }]));
}

async function makeRole(sql: Sql, role: string, group: string, password: string): Promise<void> {
  const [there] = await sql`select 1 from pg_roles where rolname = ${role}`;
  // Names and verifiers are ours: nothing here was typed by anybody.
  await sql.unsafe(`${there ? 'alter' : 'create'} role ${role} login password '${scramVerifier(password)}'; grant ${group} to ${role};`).simple();
}
