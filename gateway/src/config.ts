import { fileURLToPath } from 'node:url';
import { framesBurstMax, framesPerSecondMax, socketsPerAddressMax } from '@parley/contracts/realtime/limits';
import { base64urlKey, commonConfig } from '@parley/kernel/config/read-config';
import { postgresUrl } from '@parley/kernel/stores/postgres-address';
import { redisSettings } from '@parley/kernel/stores/redis-settings';
import type { JWK } from 'jose';
import { z } from 'zod';
import { isProxyList } from './http/peers.ts';
import { tokenSecondsMax } from './session/tokens.ts';

const signingKeys = z.string().transform((text, context): { keys: JWK[] } => {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && Array.isArray((parsed as { keys?: unknown }).keys)) return parsed as { keys: JWK[] };
  } catch {
    // Told below, without the value: it is secret.
  }
  context.addIssue({ code: 'custom', message: 'must be a JSON Web Key Set' });
  return z.NEVER;
});

const partsOf = (text: string): string[] => text.split(',').map((part) => part.trim()).filter(Boolean);

/** As browsers write them, which is what they are compared with: without a path, without a port that goes without saying. */
const origins = z.string().transform((text, context): string[] => {
  const wrong = partsOf(text).filter((part) => !isOrigin(part));
  for (const part of wrong) context.addIssue({ code: 'custom', message: `must be origins such as https://chat.example, which ${JSON.stringify(part)} is not` });
  return wrong.length > 0 ? z.NEVER : partsOf(text).map((part) => new URL(part).origin);
});

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && `${url.username}${url.password}${url.search}${url.hash}` === '' && url.pathname === '/' && !url.hostname.includes('*');
}

/** Checked here: what cannot be read as addresses would fail with every request. */
const proxies = z.string().refine(isProxyList, 'must be IP addresses or networks such as 10.0.0.0/8, comma-separated');
const MB = 1024 * 1024;
const count = (fallback: number, max = 1_000_000) => z.coerce.number().int().min(1).max(max).default(fallback);

export const gatewayConfig = z.object({
  ...commonConfig,
  ...redisSettings,
  GATEWAY_ROLE: z.enum(['api', 'live', 'both']).default('both').describe('api: HTTP; live: sockets and event streams; both on a laptop'),
  QUERY_URL: z.url().describe('address of the query-service'),
  VAULT_URL: postgresUrl.describe('PostgreSQL address of the vault'),
  PARLEY_KEK: base64urlKey(32).describe('key-encryption key of the vault'),
  PARLEY_INTERNAL_KEY: base64urlKey(32).describe('signs the short-lived tokens that the query-service trusts'),
  PARLEY_SIGNING_KEYS: signingKeys.describe('private Ed25519 keys (JWKS); the first signs people’s tokens, all verify'),
  PUBLIC_ORIGINS: origins.default([]).describe('origins of pages that may connect, comma-separated; the own origin always may'),
  WEB_ROOT: z.string().default(() => fileURLToPath(new URL('../web/dist', import.meta.url))).describe('folder of the built page'),
  TRUST_PROXY: proxies.optional().describe('addresses of proxies whose X-Forwarded-* headers count, comma-separated; absent: none'),
  TOKEN_SECONDS: count(tokenSecondsMax, tokenSecondsMax).describe('for how long a person’s token lives; connections end with it unless it is renewed'),
  SIGN_INS_PER_MINUTE_MAX: count(1_200).describe('sign-ins of one address'),
  REQUESTS_PER_SECOND_MAX: count(100).describe('HTTP requests of one person (or address, before sign-in), averaged over ten seconds'),
  FRAMES_PER_SECOND_MAX: count(framesPerSecondMax).describe('frames and commands of one person'),
  FRAMES_BURST_MAX: count(framesBurstMax).describe('frames and commands of one person at once'),
  SOCKETS_PER_ADDRESS_MAX: count(socketsPerAddressMax).describe('open sockets of one address'),
  RING_BYTES_MAX: count(64 * MB, 4_096 * MB).describe('memory for the newest commits, which resumes are served from'),
  RING_AGE_MS_MAX: count(600_000, 86_400_000).describe('age up to which commits are kept in that memory'),
});
export type GatewayConfig = z.infer<typeof gatewayConfig>;
