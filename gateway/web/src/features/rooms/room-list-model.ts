import type { MyRoomView } from '@parley/contracts/queries/views';

export type RoomFilter = 'all' | 'unread' | 'mentions' | 'direct';
export type NamedRoom = { readonly room: MyRoomView; readonly name: string };
export type RoomSections = { readonly rooms: readonly NamedRoom[]; readonly direct: readonly NamedRoom[]; readonly archived: readonly NamedRoom[] };

const lastActivity = ({ room }: NamedRoom): string => room.last?.at ?? room.createdAt;

/**
 * The list of rooms. Rooms by name, so that they keep their place; direct messages by their last message, newest first;
 * archived ones at the end, and only where everything is shown. The open room stays while a filter would hide it.
 */
export function sectionsOf(rooms: readonly NamedRoom[], filter: RoomFilter, openId: string | undefined, locale: string): RoomSections {
  const shown = rooms.filter(({ room }) => {
    if (room.roomId === openId && filter !== 'direct') return true;
    if (filter === 'unread') return room.unread > 0;
    if (filter === 'mentions') return room.mentions > 0;
    return filter === 'direct' ? room.kind === 'direct' : true;
  });
  const byName = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });
  const named = (list: readonly NamedRoom[]): readonly NamedRoom[] => list.toSorted((a, b) => byName.compare(a.name, b.name) || (a.room.roomId < b.room.roomId ? -1 : 1));
  return {
    rooms: named(shown.filter(({ room }) => room.kind !== 'direct' && !room.archived)),
    direct: shown.filter(({ room }) => room.kind === 'direct' && !room.archived).toSorted((a, b) => (lastActivity(a) < lastActivity(b) ? 1 : -1)),
    archived: named(shown.filter(({ room }) => room.archived)),
  };
}

/** Everything in the order of the screen, for Alt+↑ and Alt+↓. */
export const inOrder = ({ rooms, direct, archived }: RoomSections): readonly NamedRoom[] => [...rooms, ...direct, ...archived];

/** The next room in a direction, round the end; with `unreadOnly` the next that has something new. */
export function neighbour(list: readonly NamedRoom[], openId: string | undefined, step: 1 | -1, unreadOnly: boolean): string | undefined {
  if (list.length === 0) return undefined;
  const open = list.findIndex(({ room }) => room.roomId === openId);
  const start = open < 0 ? (step === 1 ? -1 : list.length) : open;
  for (let distance = 1; distance <= list.length; distance += 1) {
    const candidate = list[(start + step * distance + list.length * 2) % list.length];
    if (candidate && (!unreadOnly || candidate.room.unread > 0)) return candidate.room.roomId;
  }
  return undefined;
}

/** Counts are capped by the service: `999+`. */
export const countLabel = (count: number): string => (count >= 1_000 ? '999+' : String(count));
