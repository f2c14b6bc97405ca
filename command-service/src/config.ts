import { base64urlKey, commonConfig } from '@parley/kernel/config/read-config';
import { streamBytes } from '@parley/kernel/nats/settings';
import { postgresUrl } from '@parley/kernel/stores/postgres-address';
import { z } from 'zod';

/** Everything this service reads from its environment, once. */
export const CommandServiceConfig = z.object({
  ...commonConfig,
  VAULT_URL: postgresUrl.describe('PostgreSQL address of the vault’s own database'),
  PARLEY_KEK: base64urlKey(32).describe('key-encryption key of the vault, 32 bytes in base64url'),
  WEIGHT: z.coerce.number().min(0).max(1_000_000).default(1).describe('share of the partitions beside other instances; 0 takes none while others live'),
  NATS_REPLICAS: z.enum(['1', '3']).optional().describe('make the missing streams with so many replicas at the start; absent: they must be there'),
  NATS_STREAM_BYTES: streamBytes,
});
export type CommandServiceConfig = z.infer<typeof CommandServiceConfig>;
