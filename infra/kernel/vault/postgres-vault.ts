import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { migrate, type MigrateOptions } from '../stores/migrate.ts';
import { openPostgres, type Sql } from '../stores/postgres.ts';
import { logger } from '../telemetry/log.ts';
import { checkScopes, type Secret, secretBytes, type Secrets, type Vault, VaultUnavailable } from './vault.ts';
import { kekOf, unwrap, wrap } from './wrap.ts';

export type PostgresVaultOptions = {
  /** Address of the vault's own database. */
  readonly url: string;
  /** Key-encryption key: 32 bytes, or their base64url. */
  readonly kek: string | Uint8Array;
  /** Who asks, for the audit: the service's name. */
  readonly role: string;
  /** Connections at most. */
  readonly max?: number;
};

const callMsMax = 2_000;
/** The database is there and the vault's schema is not: undefined function, schema, table. */
const notMigrated: ReadonlySet<string> = new Set(['42883', '3F000', '42P01']);

type Row = { readonly scope: string; readonly wrapped: Uint8Array | null };

/** Applies the vault's migrations. Services do it themselves when the schema is missing; where their roles may not, an operator does. */
export function migrateVault(url: string, options?: MigrateOptions): Promise<readonly string[]> {
  // Compiled, this module lies in dist/vault and the SQL stays where it was written.
  const folder = [new URL('./migrations/', import.meta.url), new URL('../../vault/migrations/', import.meta.url)].find((each) => existsSync(fileURLToPath(each)));
  if (!folder) throw new Error("the vault's migrations are not installed");
  return migrate(url, folder, options);
}

/**
 * Opens the vault in its PostgreSQL database. No connection is made before the first call, so a service starts without
 * its vault; every call ends within 2 s, in VaultUnavailable if it must.
 */
export function openVault({ url, kek, role, max = 4 }: PostgresVaultOptions): Vault {
  const key = kekOf(kek);
  const sql = openPostgres(url, { max, name: `vault:${role}`, statementTimeoutMs: callMsMax });
  const call = caller(sql, url);

  const secretsOf = (rows: readonly Row[]): Secrets =>
    new Map(rows.map(({ scope, wrapped }): [string, Secret | 'erased'] => [scope, wrapped === null ? 'erased' : unwrap(key, scope, wrapped)]));
  const unique = (scopes: readonly string[]): string[] => {
    checkScopes(scopes);
    return [...new Set(scopes)];
  };
  return {
    async getOrCreate(scopes) {
      const wanted = unique(scopes);
      if (wanted.length === 0) return new Map();
      const offers = JSON.stringify(wanted.map((scope) => Buffer.from(wrap(key, scope, randomBytes(secretBytes))).toString('base64')));
      // As JSON: until its first answer the driver does not know how an array of bytes is called, and asks for another function.
      return secretsOf(await call(() => sql<Row[]>`
        select scope, wrapped from vault.get_or_create(${wanted}::text[], (
          select array_agg(decode(o.wrapped, 'base64') order by o.place) from json_array_elements_text(${offers}::text::json) with ordinality as o(wrapped, place)))`));
    },
    async get(scopes) {
      const wanted = unique(scopes);
      if (wanted.length === 0) return new Map();
      return secretsOf(await call(() => sql<Row[]>`select scope, wrapped from vault.get(${wanted}::text[])`));
    },
    async destroy(scope, reason) {
      checkScopes([scope]);
      if (reason.length < 1 || reason.length > 200) throw new RangeError('a reason has 1 to 200 characters');
      await call(() => sql<Row[]>`select vault.destroy(${scope}, ${reason})`);
    },
    async [Symbol.asyncDispose]() {
      await sql.end({ timeout: 2 });
    },
  };
}

/** Runs a call within its time; the first that finds no schema migrates. */
function caller(sql: Sql, url: string): (query: () => PromiseLike<Row[]>) => Promise<Row[]> {
  let migration: Promise<unknown> | undefined;
  const attempt = (query: () => PromiseLike<Row[]>): Promise<Row[]> => bounded(query());
  return async (query) => {
    try {
      return await attempt(query);
    } catch (error) {
      if (!notMigrated.has((error as { code?: string }).code ?? '')) throw unavailable(error);
    }
    try {
      migration ??= migrateVault(url, { progress: (file) => logger('vault').info({ file }, 'migrating') });
      await migration;
      return await attempt(query);
    } catch (error) {
      migration = undefined;
      throw unavailable(error);
    }
  };
}

const unavailable = (error: unknown): VaultUnavailable =>
  new VaultUnavailable(`the vault cannot be asked: ${error instanceof Error ? error.message : String(error)}`, { cause: error });

function bounded(work: PromiseLike<Row[]>): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${callMsMax} ms`)), callMsMax);
    work.then(
      (rows) => {
        clearTimeout(timer);
        resolve(rows);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
