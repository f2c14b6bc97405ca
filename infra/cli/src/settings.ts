import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { postgresUrl } from '@parley/kernel/stores/postgres-address';
import { streamBytes } from '@parley/kernel/nats/settings';
import { redisSettings } from '@parley/kernel/stores/redis-settings';
import { z } from 'zod';
import { CliError, exitCodes } from './exit-codes.ts';

const address = (schemes: readonly string[]) => z.string().min(1).refine((text) => text.split(',').every((part) => hasScheme(part.trim(), schemes)), `must be an address that begins with ${schemes.join(' or ')}`);

/** A NATS server may be named by its host alone. */
function hasScheme(text: string, schemes: readonly string[]): boolean {
  const url = URL.parse(schemes.includes('nats://') && !text.includes('://') ? `nats://${text}` : text);
  return url !== null && schemes.includes(`${url.protocol}//`) && (url.hostname !== '' || !schemes.includes('nats://'));
}

/** Where Parley is. Everything but NATS may be missing: a command that needs it says so. */
const Settings = z.object({
  NATS_URL: address(['nats://', 'tls://']).default('nats://127.0.0.1:4222'),
  NATS_CREDS_FILE: z.string().optional(),
  NATS_CA_FILE: z.string().optional(),
  NATS_STREAM_BYTES: streamBytes,
  NATS_MONITOR_URL: z.url().optional(),
  DATABASE_URL: postgresUrl.optional(),
  VAULT_URL: postgresUrl.optional(),
  PARLEY_KEK: z.string().min(1).optional(),
  ...redisSettings,
  OPENSEARCH_URL: z.url().optional(),
  OPENSEARCH_USERNAME: z.string().optional(),
  OPENSEARCH_PASSWORD: z.string().optional(),
  OPENSEARCH_CA_FILE: z.string().optional(),
  OPENSEARCH_INDEX: z.string().default('parley-messages'),
  GATEWAY_URL: z.url().optional(),
  QUERY_URL: z.url().optional(),
  PARLEY_WS: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).default('main'),
  PARLEY_INTERNAL_KEY: z.string().min(1).optional(),
  /** A private Ed25519 key (JSON Web Key) that heads are signed with. */
  PARLEY_HEAD_KEY: z.string().min(1).optional(),
});
export type Settings = z.infer<typeof Settings> & {
  /** What the values were read from, for people. */
  readonly from: string;
  /** The file among what they were read from. */
  readonly file?: string;
};
/** Those that are texts, as a command may need one. */
export type SettingName = Exclude<keyof z.infer<typeof Settings>, 'NATS_STREAM_BYTES'>;

const names = Object.keys(Settings.shape) as (keyof z.infer<typeof Settings>)[];

/**
 * Reads where Parley is: a file (`--config`, else `.parley/env.json` here or in a folder above, as the launcher writes
 * it) and over it the environment. Throws CliError (78) for a file that is not there or a value that is wrong.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>, configFile?: string, cwd: string = process.cwd()): Settings {
  const file = configFile ?? findEnvFile(env, cwd);
  const fromFile = file === undefined ? {} : readEnvFile(file);
  const fromEnv = Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
  const parsed = Settings.safeParse({ ...fromFile, ...fromEnv });
  if (!parsed.success) throw new CliError(exitCodes.config, `The settings are wrong: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`, file && `They come from ${file} and the environment.`);
  const from = [...(file === undefined ? [] : [file]), ...(Object.keys(fromEnv).length > 0 ? ['environment'] : [])].join(' and ') || 'defaults';
  return { ...parsed.data, from, ...(file !== undefined && { file }) };
}

/** A setting that the command cannot do without. Throws CliError (78). */
export function need(settings: Settings, name: SettingName): string {
  const value = settings[name];
  if (value === undefined) throw new CliError(exitCodes.config, `${name} is not set.`, 'Start Parley with npm start in this folder, or set it in the environment or a file given with --config.');
  return value;
}

/** A place beside the settings file, for what a command keeps; undefined where all settings come from the environment. */
export function besideSettings({ file }: Settings, name: string): string | undefined {
  return file === undefined ? undefined : join(dirname(resolve(file)), name);
}

function findEnvFile(env: Readonly<Record<string, string | undefined>>, cwd: string): string | undefined {
  if (env['PARLEY_DATA']) {
    const file = join(env['PARLEY_DATA'], 'env.json');
    return existsSync(file) ? file : undefined;
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    const file = join(folder, '.parley', 'env.json');
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) return undefined;
  }
}

function readEnvFile(file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
    return Object.fromEntries(Object.entries(value).filter(([, text]) => text !== '' && text !== null));
  } catch (error) {
    throw new CliError(exitCodes.config, `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
