import { ensureChromium } from './chromium.ts';
import { ensureNats } from './nats.ts';
import { ensureNginx } from './nginx.ts';
import { ensureOpenSearch } from './opensearch.ts';
import { ensureRedis } from './redis.ts';

/**
 * Fetches what all tests together need, into the cache and without a word. Never rejects: whoever needs a program asks
 * for it again, and says then what is missing. (PostgreSQL comes later: its starter needs a package that is being laid.)
 */
export async function fetchEarly(): Promise<void> {
  const quietly = async (...fetches: (() => Promise<unknown>)[]): Promise<void> => {
    for (const fetch of fetches) await fetch().catch(() => {});
  };
  // One apt-get after the other.
  await Promise.all([quietly(ensureNats), quietly(ensureRedis, ensureNginx, ensureChromium, ensureOpenSearch)]);
}
