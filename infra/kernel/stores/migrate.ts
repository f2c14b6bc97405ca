import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type postgresDriver from 'postgres';
import { postgres } from './mended-postgres.ts';
import { sessionOfOurs } from './postgres.ts';
import { postgresAddress } from './postgres-address.ts';

export type MigrateOptions = {
  /** Told the name of each file before it is applied. */
  readonly progress?: (file: string) => void;
  /** How long to wait for another process that migrates. */
  readonly lockWaitMs?: number;
};

/** The migrations cannot be applied as they are. `message` names the file and what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

const fileName = /^(\d{4})_[a-z0-9_-]+\.sql$/;
const noTransaction = /^-- migrate:no-transaction\s*$/m;
/** Between the statements of a file without a transaction: several in one message would be a transaction again. */
const nextStatement = /^-- migrate:next\s*$/m;
/** Any number will do, as long as everybody takes the same. */
const lockKey = 7_265_891;
const lockPollMs = 100;
/** SQLSTATE. */
const insufficientPrivilege = '42501';

type Migration = { readonly file: string; readonly text: string; readonly sha256: string };

/**
 * Applies the files `NNNN_name.sql` of a folder that were not applied before, in order, each in one transaction with
 * the note of it in `ops.migration`. A file that starts with `-- migrate:no-transaction` runs statement by statement
 * (separated by `-- migrate:next`) and must bear being repeated. Returns the files applied.
 * The lock is polled: waiting inside `pg_advisory_lock` while its holder runs `create index concurrently` is a deadlock.
 * Throws MigrationError for a file that changed after it was applied, a gap or a double in the numbers, and a lock not had in time.
 */
export async function migrate(address: string, dir: string | URL, { progress = () => {}, lockWaitMs = 60_000 }: MigrateOptions = {}): Promise<readonly string[]> {
  const migrations = await readMigrations(typeof dir === 'string' ? dir : fileURLToPath(dir));
  const { url, ...tls } = postgresAddress(address);
  const sql = postgres(url, { ...tls, max: 1, connect_timeout: 10, onnotice: () => {}, connection: { application_name: 'parley-migrate', ...sessionOfOurs } });
  try {
    await lock(sql, lockWaitMs);
    return await applyAll(sql, migrations, progress);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function readMigrations(dir: string): Promise<readonly Migration[]> {
  const files = (await readdir(dir)).filter((file) => file.endsWith('.sql')).sort();
  files.forEach((file, index) => {
    const number = Number(fileName.exec(file)?.[1]);
    if (number !== index + 1) throw new MigrationError(`${file} should be number ${String(index + 1).padStart(4, '0')}: files are NNNN_name.sql, counted from 0001 without a gap.`);
  });
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(dir, file), 'utf8');
      return { file, text, sha256: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

async function lock(sql: postgresDriver.Sql, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const [row] = await sql<{ locked: boolean }[]>`select pg_try_advisory_lock(${lockKey}) as locked`;
    if (row?.locked) return;
    if (performance.now() > deadline) throw new MigrationError(`Another process has been migrating this database for ${waitMs} ms.`);
    await pause(lockPollMs);
  }
}

async function applyAll(sql: postgresDriver.Sql, migrations: readonly Migration[], progress: (file: string) => void): Promise<readonly string[]> {
  await sql`create schema if not exists ops`;
  await sql`create table if not exists ops.migration (file text primary key, sha256 text not null, applied_at timestamptz not null default now())`;
  const rows = await sql<{ file: string; sha256: string }[]>`select file, sha256 from ops.migration`;
  const applied = new Map(rows.map(({ file, sha256 }) => [file, sha256]));
  const done: string[] = [];
  for (const migration of migrations) {
    const before = applied.get(migration.file);
    if (before === undefined) {
      progress(migration.file);
      await apply(sql, migration);
      done.push(migration.file);
    } else if (before !== migration.sha256) {
      throw new MigrationError(`${migration.file} was changed after it was applied to this database: restore it, and put the change into a new file.`);
    }
  }
  return done;
}

async function apply(sql: postgresDriver.Sql, { file, text, sha256 }: Migration): Promise<void> {
  const note = (on: Pick<postgresDriver.Sql, 'unsafe'>) => on.unsafe('insert into ops.migration (file, sha256) values ($1, $2)', [file, sha256]);
  try {
    if (noTransaction.test(text)) {
      for (const statement of text.split(nextStatement)) await sql.unsafe(statement);
      await note(sql);
      return;
    }
    await sql.begin(async (transaction) => {
      await transaction.unsafe(text).simple();
      await note(transaction);
    });
  } catch (error) {
    const hint = (error as { code?: string }).code === insufficientPrivilege ? '. Whoever migrates owns the database and may make roles (alter role … createrole)' : '';
    throw new MigrationError(`${file} could not be applied: ${error instanceof Error ? error.message : String(error)}${hint}`, { cause: error });
  }
}
