import { base64urlKey, commonConfig } from '@parley/kernel/config/read-config';
import { postgresUrl } from '@parley/kernel/stores/postgres-address';
import { redisSettings } from '@parley/kernel/stores/redis-settings';
import { openSearchConfig } from '@parley/kernel/search/opensearch';
import { z } from 'zod';

export const queryServiceConfig = z.object({
  ...commonConfig,
  ...redisSettings,
  ...openSearchConfig,
  DATABASE_URL: postgresUrl.describe('database of the read models'),
  PARLEY_INTERNAL_KEY: base64urlKey(32).describe('key of the tokens with which gateways ask'),
});
export type QueryServiceConfig = z.infer<typeof queryServiceConfig>;
