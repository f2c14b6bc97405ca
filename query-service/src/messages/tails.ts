import { tailKey, tailMessagesMax, tailTtlMs } from '@parley/contracts/queries/tail';
import type { MessageView } from '@parley/contracts/queries/views';
import type { Cache } from '@parley/kernel/stores/redis';
import type { Checkpoints } from '../freshness/checkpoints.ts';
import type { Access } from '../visible.ts';

/** The newest messages of rooms, looked aside: a wrong answer is impossible, because the key names the room's last event. */
export type Tails = {
  /** The newest `limit` messages that the asker may read, ascending; undefined: ask the database. */
  read(access: Access, limit: number): Promise<MessageView[] | undefined>;
  /** Keeps a newest page for others. Only whole ones, read after the access that names their version. */
  keep(access: Access, messages: readonly MessageView[], limit: number): Promise<void>;
};

export function createTails(cache: Cache, checkpoints: Pick<Checkpoints, 'epoch'>): Tails {
  const keyOf = ({ roomId, n, generation }: Access): string => tailKey(roomId, n, checkpoints.epoch, generation);
  return {
    async read(access, limit) {
      const span = access.spans.at(-1);
      if (!access.current || access.parked || !span || limit > tailMessagesMax) return undefined;
      const tail = await cache.get<MessageView[]>(keyOf(access));
      if (!Array.isArray(tail)) return undefined;
      const visible = tail.filter(({ ordinal }) => access.spans.some(({ fromOrdinal, toOrdinal }) => ordinal >= fromOrdinal && ordinal <= toOrdinal));
      if (visible.length >= limit) return visible.slice(-limit);
      // All there is to read lies in the tail.
      const first = access.spans[0]!.fromOrdinal;
      return (tail[0]?.ordinal ?? 1) <= first ? visible : undefined;
    },
    async keep(access, messages, limit) {
      const [span] = access.spans;
      const seesAll = access.spans.length === 1 && span!.fromOrdinal === 1 && access.current !== undefined;
      if (!seesAll || access.parked || limit < tailMessagesMax) return;
      await cache.set(keyOf(access), messages.slice(-tailMessagesMax), tailTtlMs);
    },
  };
}
