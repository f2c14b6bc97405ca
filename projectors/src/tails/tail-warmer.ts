import { tailKey, tailMessagesMax, tailTtlMs } from '@parley/contracts/queries/tail';
import type { Cache } from '@parley/kernel/stores/redis';
import type { Sql } from '@parley/kernel/stores/postgres';
import { logger } from '@parley/kernel/telemetry/log';

/** One room is warmed at most this often, and at most this many wait. */
const roomEveryMs = 1_000;
const waitingRoomsMax = 20;

export type TailWarmer = { readonly warm: (rooms: readonly string[]) => void; readonly idle: () => Promise<void> };

/**
 * Puts the newest messages of rooms where something just happened into the cache, under a key that carries the room's
 * last number: what is older becomes unreachable. One room at a time, best effort, never waited for.
 */
export function createTailWarmer(sql: Sql, cache: Cache): TailWarmer {
  const waiting = new Set<string>();
  const warmedAtMs = new Map<string, number>();
  let working: Promise<void> | undefined;

  const work = async (): Promise<void> => {
    for (const room of waiting) {
      waiting.delete(room);
      try {
        await warmRoom(sql, cache, room);
      } catch (error) {
        logger('projectors').debug({ err: error }, 'tail not warmed');
      }
    }
  };
  return {
    warm(rooms) {
      const now = performance.now();
      for (const [room, at] of warmedAtMs) if (now - at >= roomEveryMs) warmedAtMs.delete(room);
      for (const room of new Set(rooms)) {
        if (waiting.size >= waitingRoomsMax) break;
        if (warmedAtMs.has(room)) continue;
        warmedAtMs.set(room, now);
        waiting.add(room);
      }
      if (waiting.size > 0) working ??= work().finally(() => { working = undefined; });
    },
    idle: async () => working,
  };
}

/** One statement, so the messages and what the key says of them are of the same instant. */
async function warmRoom(sql: Sql, cache: Cache, room: string): Promise<void> {
  const [row] = await sql<{ n: number; epoch: string; generation: number; messages: unknown[] }[]>`
    select r.n, l.epoch, g.generation, coalesce((
      select json_agg(t.view order by t.ordinal)
      from (select v.ordinal, v.view from rm.message_view v where v.room_id = r.room_id order by v.ordinal desc limit ${tailMessagesMax}) t), '[]'::json) as messages
    from rm.room r, ops.log l, ops.generation g
    where r.room_id = ${room} and r.deleted_n is null and g.projection = 'conversations' and g.state = 'active'`;
  if (row) await cache.set(tailKey(room, row.n, row.epoch, row.generation), row.messages, tailTtlMs);
}
