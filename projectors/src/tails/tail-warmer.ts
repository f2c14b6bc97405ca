import { tailKey, tailMessagesMax, tailTtlMs } from '@parley/contracts/queries/tail';
import type { Cache } from '@parley/kernel/stores/redis';
import type { Sql } from '@parley/kernel/stores/postgres';
import { logger } from '@parley/kernel/telemetry/log';

/** A room is warmed once nothing happened in it for so long: before that the key would be of the past before anybody asks. */
const quietMs = 300;
/** At most this many wait; of more, those that have been quiet the longest are left to queries. */
const waitingRoomsMax = 1_000;

export type TailWarmer = { readonly warm: (rooms: readonly string[]) => void; readonly idle: () => Promise<void> };

/**
 * Puts the newest messages of rooms where something just happened into the cache, under a key that carries the room's
 * last number: what is older becomes unreachable. One room at a time, best effort, never waited for. `idle` ends it.
 */
export function createTailWarmer(sql: Sql, cache: Cache): TailWarmer {
  /** When something happened last, the longest ago first. */
  const waiting = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;
  let ended = false;

  const work = async (): Promise<void> => {
    for (const [room, atMs] of waiting) {
      if (ended || performance.now() - atMs < quietMs) break;
      waiting.delete(room);
      try {
        await warmRoom(sql, cache, room);
      } catch (error) {
        logger('projectors').debug({ err: error }, 'tail not warmed');
      }
    }
  };
  const plan = (): void => {
    const [first] = waiting.values();
    if (ended || first === undefined || timer !== undefined || working !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      working = work().finally(() => {
        working = undefined;
        plan();
      });
    }, Math.max(1, Math.ceil(first + quietMs - performance.now())));
  };
  return {
    warm(rooms) {
      const now = performance.now();
      for (const room of rooms) {
        waiting.delete(room);
        waiting.set(room, now);
      }
      for (const room of waiting.keys()) {
        if (waiting.size <= waitingRoomsMax) break;
        waiting.delete(room);
      }
      plan();
    },
    async idle() {
      ended = true;
      clearTimeout(timer);
      await working;
    },
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
