import { createHmac } from 'node:crypto';
import { openPostgres } from '@parley/kernel/stores/postgres';
import { addressWith } from '@parley/kernel/stores/postgres-address';
import { scramVerifier } from '@parley/kernel/stores/scram';
import type { ServiceWorld } from './services.ts';

const role = 'analyst';

/** Makes the role that reads the analytics views here, and returns its address. Its password follows from the kept secrets, so an address stays good over restarts. */
export async function makeAnalyst({ databaseUrl, secrets }: Pick<ServiceWorld, 'databaseUrl' | 'secrets'>): Promise<string> {
  const password = createHmac('sha256', Buffer.from(secrets.PARLEY_INTERNAL_KEY, 'base64url')).update(`role ${role}`).digest('base64url');
  const sql = openPostgres(databaseUrl, { max: 1, name: 'parley-launcher' });
  try {
    await sql`select ops.create_analyst(${role}, ${scramVerifier(password)})`;
  } finally {
    await sql.end({ timeout: 5 });
  }
  return addressWith(databaseUrl, { user: role, password });
}
