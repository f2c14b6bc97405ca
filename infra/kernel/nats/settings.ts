import { z } from 'zod';

/** Where NATS is and how one is let in. */
export const natsSettings = {
  NATS_URL: z.string().min(1).default('nats://127.0.0.1:4222').describe('NATS servers, comma-separated; tls:// takes none without TLS; user and password may be part of the address'),
  NATS_CREDS_FILE: z.string().optional().describe('credentials file of a NATS user (JWT and seed), read with every connection'),
  NATS_CA_FILE: z.string().optional().describe('file of certificates that NATS is trusted by; absent: those of the system'),
} as const;
type NatsSettings = { readonly NATS_URL: string; readonly NATS_CREDS_FILE?: string | undefined; readonly NATS_CA_FILE?: string | undefined };
export type NatsAddress = { readonly url: string; readonly credsFile?: string | undefined; readonly caFile?: string | undefined };

/** For who makes streams: how large each may become. */
export const streamBytes = z.coerce.number().int().min(1_048_576).optional().describe('room for each event stream, in bytes, 2 GiB unless told; NATS reserves sixteen times that, and a quarter of it four times');

/** What `connectNats` takes, of settings. */
export const natsOf = ({ NATS_URL: url, NATS_CREDS_FILE: credsFile, NATS_CA_FILE: caFile }: NatsSettings): NatsAddress => ({ url, credsFile, caFile });
