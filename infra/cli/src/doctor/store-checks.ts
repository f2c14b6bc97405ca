import { createHash } from 'node:crypto';
import { closeSync, existsSync, fdatasyncSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { indexShape, openOpenSearch } from '@parley/kernel/search/opensearch';
import { migrate, MigrationError } from '@parley/kernel/stores/migrate';
import { openPostgres } from '@parley/kernel/stores/postgres';
import { pingRedis } from '@parley/kernel/stores/redis-once';
import { redisOf } from '@parley/kernel/stores/redis-settings';
import { openVault } from '@parley/kernel/vault/postgres-vault';
import { VaultUnavailable } from '@parley/kernel/vault/vault';
import { readMigrations } from '@parley/projectors/generations/first';
import { readLag } from '../commands/lag.ts';
import type { Context } from '../context.ts';
import { bad, type Check, fixable, isAtLeast, look, ok, unknown, warn } from './check.ts';

const postgresLeast = '16';
const lagSecondsMax = 10;
const probeMsMax = 3_000;
const syncSamples = 50;
const staleMinutes = 10;
const countedMax = 10_000;

/** What must hold of the read database, the vault, the cache, the gateway and the disk. */
export async function storeChecks(context: Context): Promise<readonly Check[]> {
  const found = await Promise.all([
    look('postgres', () => postgresChecks(context)), look('vault', () => vaultCheck(context)), look('redis', () => redisCheck(context)), look('search', () => searchCheck(context)),
    look('gateway', () => gatewayCheck(context)), look('disk', async () => diskCheck(context)),
  ]);
  return found.flat();
}

async function postgresChecks(context: Context): Promise<readonly Check[]> {
  if (context.settings.DATABASE_URL === undefined) return [unknown('postgres', 'DATABASE_URL is not set')];
  const sql = await context.database();
  const [row] = await sql<{ version: string; letters: string }[]>`select current_setting('server_version') as version, datctype as letters from pg_database where datname = current_database()`;
  const version = row?.version ?? '?';
  const server = isAtLeast(version, postgresLeast) ? ok('postgres', version) : bad('postgres', `version ${version}`, `Parley needs ${postgresLeast} or newer.`);
  const letters = lettersCheck(row?.letters ?? '?');
  const [migrated, beats, projections, parked] = await Promise.all([
    look('migrations', () => migrationCheck(sql, context.settings.DATABASE_URL as string)),
    look('heartbeats', () => heartbeatCheck(sql)),
    look('projections', async () => lagCheck(await readLag(context))),
    look('parked', async () => {
      const [count] = await sql<{ parked: number }[]>`select count(*)::int as parked from ops.parked`;
      return count && count.parked > 0 ? bad('parked', `${count.parked} aggregates are set aside`, 'parley parked list') : ok('parked', 'nothing');
    }),
  ]);
  return [server, letters, ...migrated, ...beats, ...projections, ...parked];
}

/** Where the C rules say what a letter is, pg_trgm knows ASCII alone. */
const lettersCheck = (locale: string): Check =>
  ['C', 'POSIX'].includes(locale)
    ? warn('letters', `LC_CTYPE of the database is ${locale}: phrases in Korean are found without an index`, 'Point DATABASE_URL at one made from template0 with LC_CTYPE C.UTF-8; projectors fill it from the log. The vault stays where it is.')
    : ok('letters', locale);

type Sql = Awaited<ReturnType<Context['database']>>;

async function migrationCheck(sql: Sql, url: string): Promise<Check> {
  const [has] = await sql<{ has: boolean }[]>`select to_regclass('ops.migration') is not null as has`;
  const rows = has?.has ? await sql<{ file: string; sha256: string }[]>`select file, sha256 from ops.migration` : [];
  const applied = new Map(rows.map(({ file, sha256 }) => [file, sha256]));
  const files = readdirSync(readMigrations).filter((file) => file.endsWith('.sql')).toSorted();
  const missing = files.filter((file) => !applied.has(file));
  const changed = files.filter((file) => applied.has(file) && applied.get(file) !== createHash('sha256').update(readFileSync(join(readMigrations, file))).digest('hex'));
  if (changed.length > 0) return bad('migrations', `${changed.join(', ')} changed after being applied`, 'Restore the file; put the change into a new one.');
  const newer = [...applied.keys()].filter((file) => !files.includes(file));
  if (newer.length > 0) return warn('migrations', `the database has ${newer.join(', ')}, which this build does not know`, 'Use the newer command.');
  if (missing.length === 0) return ok('migrations', `${files.length} applied`);
  return fixable(bad('migrations', `${missing.join(', ')} not applied`, 'The projectors apply them when they start.'), {
    what: `apply ${missing.join(', ')}`, run: async () => `applied ${(await migrate(url, readMigrations)).join(', ')}`,
  });
}

/** A row of a projector that ended without a word; readers leave it out after seconds, but it stays. */
async function heartbeatCheck(sql: Sql): Promise<Check> {
  const stale = await sql<{ instance: string }[]>`select instance from ops.projector where heartbeat_at < now() - make_interval(mins => ${staleMinutes})`;
  if (stale.length === 0) return ok('heartbeats', 'no projector left one behind');
  return fixable(warn('heartbeats', `${stale.map(({ instance }) => instance).join(', ')} has not beaten for ${staleMinutes} minutes`), {
    what: 'remove what it left behind',
    run: async () => `removed ${(await sql`delete from ops.projector where heartbeat_at < now() - make_interval(mins => ${staleMinutes})`).count} rows`,
  });
}

function lagCheck(lanes: Awaited<ReturnType<typeof readLag>>): Check {
  const [worst] = lanes;
  if (!worst) return bad('projections', 'no projection has ever run', 'Start the projectors.');
  const other = lanes.find(({ epochOk }) => !epochOk);
  if (other) return bad('projections', `${other.projection} on ${other.stream} is of another epoch`, 'The stream was made anew or restored: rebuild the read models.');
  return worst.seconds > lagSecondsMax ? bad('projections', `${worst.projection} is ${worst.seconds} s behind on ${worst.stream}`, 'parley lag') : ok('projections', `${lanes.length} lanes, ${worst.commits} commits behind at most`);
}

async function vaultCheck({ settings }: Context): Promise<Check> {
  const { VAULT_URL, PARLEY_KEK } = settings;
  if (VAULT_URL === undefined || PARLEY_KEK === undefined) return unknown('vault', `${VAULT_URL === undefined ? 'VAULT_URL' : 'PARLEY_KEK'} is not set`);
  const sql = openPostgres(VAULT_URL, { max: 1, name: 'parley-cli' });
  const vault = openVault({ url: VAULT_URL, kek: PARLEY_KEK, role: 'cli', max: 1 });
  try {
    await sql`select 1`;
    const had = await vault.get(['pepper']);
    return had.size > 0 ? ok('vault', 'reachable, and the key opens it') : warn('vault', 'reachable, and empty', 'Nobody has registered a name yet.');
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return bad('vault', detail, `Without the vault nothing can be written or read. ${vaultHint(error)}`);
  } finally {
    await Promise.all([vault[Symbol.asyncDispose](), sql.end({ timeout: 2 })]);
  }
}

function vaultHint(error: unknown): string {
  if (!(error instanceof VaultUnavailable)) return 'Is PARLEY_KEK the one that its secrets were wrapped with?';
  return error.cause instanceof MigrationError ? 'Have a role that may make roles and schemas look once: parley doctor with its VAULT_URL.' : 'Is VAULT_URL right, and its role a member of parley_vault_read or parley_vault_write?';
}

/** How many documents the table of the index has: counted as far as that takes no time, beyond it as the planner believes. */
async function documentsIn(sql: Sql): Promise<string> {
  const [row] = await sql<{ counted: number; believed: number }[]>`
    select (select count(*) from (select from search.document limit ${countedMax + 1}) d) as counted, (select reltuples::bigint from pg_class where oid = 'search.document'::regclass) as believed`;
  const { counted = 0, believed = 0 } = row ?? {};
  if (counted <= countedMax) return `${counted}`;
  // Never looked at since it was filled, or long ago.
  return believed > countedMax ? `about ${believed}` : `more than ${countedMax}`;
}

/** The index that searches are answered from: whether it is there, of the shape of this build, and how many messages it holds. */
async function searchCheck(context: Context): Promise<Check> {
  const { OPENSEARCH_URL, OPENSEARCH_INDEX } = context.settings;
  if (OPENSEARCH_URL === undefined) {
    if (context.settings.DATABASE_URL === undefined) return unknown('search', 'DATABASE_URL is not set');
    return ok('search', `in PostgreSQL, ${await documentsIn(await context.database())} messages`);
  }
  const openSearch = openOpenSearch({ ...context.settings, OPENSEARCH_URL });
  try {
    const { body } = await openSearch.request('GET', `/${OPENSEARCH_INDEX}/_mapping`, undefined, { timeoutMs: probeMsMax });
    const [shape] = Object.values(body as Record<string, { mappings: { _meta?: { shape?: number } } }>).map(({ mappings }) => mappings._meta?.shape);
    const { body: count } = await openSearch.request('GET', `/${OPENSEARCH_INDEX}/_count`, { query: { exists: { field: 'room' } } }, { timeoutMs: probeMsMax });
    if (shape !== indexShape) return warn('search', `the index is of shape ${shape ?? 'unknown'}, this build makes ${indexShape}`, 'parley rebuild search');
    return ok('search', `in OpenSearch, ${(count as { count: number }).count} messages`);
  } catch (error) {
    return bad('search', error instanceof Error ? error.message.slice(0, 200) : String(error), 'Searches are refused meanwhile; everything else works.');
  } finally {
    await openSearch.close();
  }
}

async function redisCheck({ settings }: Context): Promise<Check> {
  const redis = redisOf(settings);
  if (redis === undefined) return ok('redis', 'not used');
  try {
    await pingRedis(redis);
    return ok('redis', 'answers');
  } catch (error) {
    return warn('redis', error instanceof Error ? error.message : String(error), 'Parley goes on without it, more slowly.');
  }
}

async function gatewayCheck({ settings }: Context): Promise<Check> {
  if (settings.GATEWAY_URL === undefined) return unknown('gateway', 'GATEWAY_URL is not set');
  const response = await fetch(new URL('/health/ready', settings.GATEWAY_URL), { signal: AbortSignal.timeout(probeMsMax) });
  const body = await response.text();
  return response.ok ? ok('gateway', 'ready') : bad('gateway', `not ready: ${body.slice(0, 300)}`);
}

/** Median time of a small write with its sync, on the disk of the data folder where there is one: every figure of appends rests on it. */
function diskCheck({ settings }: Context): Check {
  const home = settings.from.split(' and ').find((part) => part.endsWith('env.json'));
  const base = home !== undefined && existsSync(dirname(home)) ? dirname(home) : tmpdir();
  const folder = mkdtempSync(join(base, 'doctor-'));
  const file = openSync(join(folder, 'probe'), 'w');
  const samples: number[] = [];
  try {
    for (let round = 0; round < syncSamples; round += 1) {
      const begun = performance.now();
      writeSync(file, Buffer.alloc(4_096, round));
      fdatasyncSync(file);
      samples.push(performance.now() - begun);
    }
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  }
  const median = samples.toSorted((a, b) => a - b)[syncSamples >> 1] ?? 0;
  const text = `${median.toFixed(2)} ms for a write of 4 kB with its sync, in ${base}`;
  return median > 20 ? warn('disk', text, 'Appends wait for the disk.') : ok('disk', text);
}
