import { Redis } from 'ioredis';

const connectMsMax = 2_000;
const keysPerScan = 1_000;

/** Removes every key that `isWanted` of those that match the glob `match`. Returns how many there were. Rejects when Redis cannot be asked. */
export async function dropKeys(url: string, match: string, isWanted: (key: string) => boolean): Promise<number> {
  const redis = new Redis(url, { lazyConnect: true, connectTimeout: connectMsMax, commandTimeout: connectMsMax, maxRetriesPerRequest: 1, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    await redis.connect();
    let dropped = 0;
    let cursor = '0';
    do {
      const [next, found] = await redis.scan(cursor, 'MATCH', match, 'COUNT', keysPerScan);
      const wanted = found.filter(isWanted);
      if (wanted.length > 0) dropped += await redis.unlink(...wanted);
      cursor = next;
    } while (cursor !== '0');
    return dropped;
  } finally {
    redis.disconnect();
  }
}
