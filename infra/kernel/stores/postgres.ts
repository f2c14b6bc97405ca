import type postgresDriver from 'postgres';
import { logger } from '../telemetry/log.ts';
import { postgres } from './mended-postgres.ts';
import { postgresAddress } from './postgres-address.ts';

export type Sql = postgresDriver.Sql<{ bigint: number | bigint }>;

export type PostgresPoolOptions = {
  /** Connections at most. */
  readonly max: number;
  /** Shown by the server as application_name. */
  readonly name: string;
  /** A statement that runs longer is ended by the server; 0 for none. */
  readonly statementTimeoutMs?: number;
};

const connectMsMax = 5_000;
const reconnectMsMax = 1_000;

/**
 * How values are read and written and what a transaction sees, whatever the database or the role has as its own: a
 * server in Seoul, dates for people, bytes as servers of long ago wrote them.
 */
export const sessionOfOurs = {
  TimeZone: 'UTC', DateStyle: 'ISO', IntervalStyle: 'postgres', bytea_output: 'hex', extra_float_digits: 1, default_transaction_isolation: 'read committed',
} as const;

/**
 * Opens a pool of connections to PostgreSQL; they are made when first needed and made again after every loss.
 * Eight-byte integers come as numbers, beyond 2^53 as bigint. The caller ends it with `sql.end({ timeout })`.
 * Throws TypeError for an address that cannot be used, see `postgresAddress`.
 */
export function openPostgres(address: string, { max, name, statementTimeoutMs = 30_000 }: PostgresPoolOptions): Sql {
  const log = logger('postgres');
  const { url, ...tls } = postgresAddress(address);
  return postgres(url, {
    ...tls,
    max,
    connect_timeout: connectMsMax / 1_000,
    idle_timeout: 60,
    max_lifetime: 30 * 60,
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, reconnectMsMax / 1_000),
    connection: { application_name: name, statement_timeout: statementTimeoutMs, idle_in_transaction_session_timeout: 60_000, ...sessionOfOurs },
    types: { bigint: { to: 20, from: [20], serialize: String, parse: safeInteger } },
    onnotice: (notice) => log.debug({ pool: name, notice: notice['message'] }, 'notice'),
  });
}

function safeInteger(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
