import type { Sql } from '@parley/kernel/stores/postgres';
import { schemaOf } from '../generations/generation.ts';
import { readGenerations } from '../generations/read.ts';

/** Rooms in which a person wrote something, by the rows of every generation. */
export async function roomsWrittenInBy(sql: Sql, userId: string): Promise<string[]> {
  const rooms = new Set<string>();
  for (const { projection, generation, state } of await readGenerations(sql)) {
    if (projection !== 'conversations' || state === 'retired') continue;
    const found = await sql<{ room: string }[]>`select distinct room_id as room from ${sql(schemaOf({ projection, generation }))}.message where author = ${userId}`;
    for (const { room } of found) rooms.add(room);
  }
  return [...rooms].toSorted();
}
