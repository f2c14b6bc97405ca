import { base64urlKey, commonConfig } from '@parley/kernel/config/read-config';
import { z } from 'zod';

/** Everything this service reads from its environment, once. */
export const CommandServiceConfig = z.object({
  ...commonConfig,
  VAULT_URL: z.string().min(1).describe('PostgreSQL address of the vault’s own database'),
  PARLEY_KEK: base64urlKey(32).describe('key-encryption key of the vault, 32 bytes in base64url'),
  WEIGHT: z.coerce.number().min(0).max(1_000_000).default(1).describe('share of the partitions beside other instances; 0 takes none while others live'),
  NATS_REPLICAS: z.enum(['1', '3']).optional().describe('make the missing streams with so many replicas at the start; absent: they must be there'),
});
export type CommandServiceConfig = z.infer<typeof CommandServiceConfig>;
