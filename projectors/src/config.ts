import { base64urlKey, commonConfig } from '@parley/kernel/config/read-config';
import { backgroundNice } from '@parley/kernel/lifecycle/stand-back';
import { openSearchConfig } from '@parley/kernel/search/opensearch';
import { z } from 'zod';

export const projectorsConfig = z.object({
  ...commonConfig,
  ...openSearchConfig,
  DATABASE_URL: z.string().min(1).describe('database of the read models'),
  VAULT_URL: z.string().min(1).describe('database of the vault'),
  PARLEY_KEK: base64urlKey(32).describe('key-encryption key of the vault'),
  ANALYST_SECONDS_MAX: z.coerce.number().min(1).max(86_400).default(60).describe('seconds after which a working session of an analyst is ended'),
  NICE: z.coerce.number().int().min(0).max(19).default(backgroundNice).describe('how far this process stands back from others of its machine while the CPU is short; 0: not at all'),
  REDIS_URL: z.string().optional().describe('cache of tails; absent: none'),
});
export type ProjectorsConfig = z.infer<typeof projectorsConfig>;
