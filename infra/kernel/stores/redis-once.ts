import { Redis } from 'ioredis';
import { type RedisAddress, redisTls } from './redis-settings.ts';

const connectMsMax = 2_000;
const keysPerScan = 1_000;

/** Asks Redis whether it is there and lets us in. Rejects with why not. */
export function pingRedis(address: RedisAddress): Promise<string> {
  return once(address, (redis) => redis.ping());
}

/** Removes every key that `isWanted` of those that match the glob `match`. Returns how many there were. Rejects when Redis cannot be asked. */
export function dropKeys(address: RedisAddress, match: string, isWanted: (key: string) => boolean): Promise<number> {
  return once(address, async (redis) => {
    let dropped = 0;
    let cursor = '0';
    do {
      const [next, found] = await redis.scan(cursor, 'MATCH', match, 'COUNT', keysPerScan);
      const wanted = found.filter(isWanted);
      if (wanted.length > 0) dropped += await redis.unlink(...wanted);
      cursor = next;
    } while (cursor !== '0');
    return dropped;
  });
}

async function once<T>(address: RedisAddress, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(address.url, { ...redisTls(address), lazyConnect: true, connectTimeout: connectMsMax, commandTimeout: connectMsMax, maxRetriesPerRequest: 1, retryStrategy: () => null });
  // What a connection dies of is told apart from the calls, which only know that it is closed.
  let cause: Error | undefined;
  redis.on('error', (error: Error) => { cause = error; });
  try {
    await redis.connect();
    return await work(redis);
  } catch (error) {
    throw cause ?? error;
  } finally {
    redis.disconnect();
  }
}
