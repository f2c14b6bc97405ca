import { base64urlKey, commonConfig } from '@parley/kernel/config/read-config';
import { openSearchConfig } from '@parley/kernel/search/opensearch';
import { z } from 'zod';

export const queryServiceConfig = z.object({
  ...commonConfig,
  ...openSearchConfig,
  DATABASE_URL: z.string().min(1).describe('database of the read models'),
  REDIS_URL: z.string().optional().describe('cache of tails; absent: none'),
  PARLEY_INTERNAL_KEY: base64urlKey(32).describe('key of the tokens with which gateways ask'),
});
export type QueryServiceConfig = z.infer<typeof queryServiceConfig>;
