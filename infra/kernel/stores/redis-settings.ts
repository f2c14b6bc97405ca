import { readFileSync } from 'node:fs';
import { z } from 'zod';

const isRedisUrl = (text: string): boolean => /^rediss?:$/.test(URL.parse(text)?.protocol ?? '');

/** Where Redis is; spread them into the service's own `z.object({ … })`. */
export const redisSettings = {
  REDIS_URL: z.string().refine(isRedisUrl, 'must be an address that begins with redis:// or rediss://').optional().describe('Redis, user and password as part of the address; rediss:// for TLS; absent: Parley goes without'),
  REDIS_CA_FILE: z.string().optional().describe('file of certificates that Redis is trusted by; absent: those of the system'),
} as const;
type RedisSettings = { readonly REDIS_URL?: string | undefined; readonly REDIS_CA_FILE?: string | undefined };
export type RedisAddress = { readonly url: string; readonly caFile?: string | undefined };

/** What whoever connects to Redis takes, of settings; undefined where there is none. */
export const redisOf = ({ REDIS_URL: url, REDIS_CA_FILE: caFile }: RedisSettings): RedisAddress | undefined => (url === undefined ? undefined : { url, caFile });

/** What the client library is told besides the address. Throws for a file that cannot be read. */
export const redisTls = ({ caFile }: RedisAddress): { readonly tls?: { readonly ca: string } } => (caFile === undefined ? {} : { tls: { ca: readFileSync(caFile, 'utf8') } });
