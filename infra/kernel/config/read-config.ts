import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { natsSettings } from '../nats/settings.ts';
import { release } from './release.ts';

/** One NATS subject token: instance ids and the workspace become parts of subjects and of sealed data. */
const token = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"');

/** The variables every service has; spread them into the service's own `z.object({ ...commonConfig, … })`. */
export const commonConfig = {
  ...natsSettings,
  PARLEY_WS: token.default('main').describe('workspace id; part of every event, so fixed for ever'),
  INSTANCE_ID: token.default(() => `i${randomBytes(6).toString('hex')}`).describe('name of this process, unique among those alive'),
  HOST: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(0).describe('port to listen on; 0 takes a free one'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info').describe('least severe level that is logged'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional().describe('OTLP/HTTP collector of traces; absent: no traces are recorded'),
  PARLEY_TRACE_FILE: z.string().optional().describe('file that finished spans are appended to, one JSON object a line'),
  PARLEY_VERSION: z.string().regex(/^\d+\.\d+\.\d+/, 'must be major.minor.patch').default(release).describe('release of this process, as other instances see it'),
} as const;

/** A key or secret of exactly `bytes` bytes, written in base64url. */
export const base64urlKey = (bytes: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+={0,2}$/, 'must be base64url')
    .transform((text) => Buffer.from(text, 'base64url'))
    .refine((key) => key.byteLength === bytes, `must be ${bytes} bytes`);

/** The environment does not fit the service's schema. `message` names each variable and what is wrong with it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Exit code for a wrong configuration (sysexits.h EX_CONFIG). */
export const configExitCode = 78;

/** What a variable is for, so that nobody has to look it up. */
const descriptionOf = (schema: z.ZodObject, name: PropertyKey | undefined): string => (schema.shape as Record<PropertyKey, z.ZodType>)[name ?? '']?.description ?? 'it has no default';

/**
 * Reads a service's configuration once. An empty variable counts as absent.
 * Throws ConfigError; values are never repeated in its message, because some are secrets.
 */
export function readConfig<S extends z.ZodObject>(schema: S, env: Readonly<Record<string, string | undefined>> = process.env): z.infer<S> {
  const present = Object.fromEntries(Object.keys(schema.shape).flatMap((key) => (env[key] ? [[key, env[key]]] : [])));
  const parsed = schema.safeParse(present, { error: ({ input, path }) => (input === undefined && path?.length === 1 ? `is not set: ${descriptionOf(schema, path[0])}` : undefined) });
  if (parsed.success) return parsed.data;
  throw new ConfigError(`The configuration is wrong.\n${z.prettifyError(parsed.error)}`);
}
