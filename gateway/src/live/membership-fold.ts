import type { Memberships } from '../http/query-client.ts';
import type { Entry } from './entry.ts';

export type RoomSeat = { readonly roomId: string; readonly joinedN: number; readonly members: number };

export type ControlSource = {
  /** Everything of a stream after this sequence is in memory. */
  floor(stream: number): number;
  /** Commits that change memberships after a sequence, ascending. */
  controls(stream: number, afterSeq: number): readonly Entry[];
  /** The last sequence that was delivered. */
  head(stream: number): number;
  streamOf(roomId: string): number;
};

/**
 * Brings a list of memberships from its own position to the gateway's: joins and leaves that the log told meanwhile
 * are applied, each only if its number is above what the list knew of the room. Undefined when the list is older than
 * what is in memory, so a change could be missing.
 */
export function foldMemberships(userId: string, list: Memberships, source: ControlSource): RoomSeat[] | undefined {
  const rooms = new Map<string, RoomSeat & { readonly lastN: number }>(list.rooms.map(({ roomId, joinedN, members, lastN }) => [roomId, { roomId, joinedN, members, lastN }]));
  for (let stream = 0; stream < list.seqs.length; stream += 1) {
    const from = list.seqs[stream] ?? -1;
    if (from < 0 || from >= source.head(stream)) continue;
    if (from < source.floor(stream)) return undefined;
    for (const entry of source.controls(stream, from)) {
      if (entry.seq > source.head(stream)) break;
      for (const fact of entry.controls) {
        const room = rooms.get(entry.id);
        if (room && fact.n <= room.lastN) continue;
        if (fact.type === 'deleted') {
          rooms.delete(entry.id);
        } else if (fact.type === 'joined') {
          if (fact.userId === userId) rooms.set(entry.id, { roomId: entry.id, joinedN: fact.n, members: room?.members ?? Number.NaN, lastN: entry.lastN });
          else if (room) rooms.set(entry.id, { ...room, members: room.members + 1, lastN: fact.n });
        } else if (fact.userId === userId) {
          rooms.delete(entry.id);
        } else if (room) {
          rooms.set(entry.id, { ...room, members: room.members - 1, lastN: fact.n });
        }
      }
    }
  }
  return [...rooms.values()].map(({ roomId, joinedN, members }) => ({ roomId, joinedN, members }));
}
