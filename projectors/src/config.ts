import { base64urlKey, commonConfig } from '@parley/kernel/config/read-config';
import { postgresUrl } from '@parley/kernel/stores/postgres-address';
import { redisSettings } from '@parley/kernel/stores/redis-settings';
import { backgroundNice } from '@parley/kernel/lifecycle/stand-back';
import { openSearchConfig } from '@parley/kernel/search/opensearch';
import { z } from 'zod';

export const projectorsConfig = z.object({
  ...commonConfig,
  ...redisSettings,
  ...openSearchConfig,
  DATABASE_URL: postgresUrl.describe('database of the read models'),
  VAULT_URL: postgresUrl.describe('database of the vault'),
  PARLEY_KEK: base64urlKey(32).describe('key-encryption key of the vault'),
  ANALYST_SECONDS_MAX: z.coerce.number().min(1).max(86_400).default(60).describe('seconds after which a working session of an analyst is ended'),
  NICE: z.coerce.number().int().min(0).max(19).default(backgroundNice).describe('how far this process stands back from others of its machine while the CPU is short; 0: not at all'),
});
export type ProjectorsConfig = z.infer<typeof projectorsConfig>;
