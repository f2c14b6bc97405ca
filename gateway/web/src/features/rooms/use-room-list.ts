import { useEffect, useMemo, useState } from 'react';
import { useLocale, useWords } from '../../i18n/use-words.ts';
import { roomNameIn, useChatState, useNames } from '../../sync/chat.tsx';
import { type NamedRoom, type RoomFilter, type RoomSections, sectionsOf } from './room-list-model.ts';

export function useNamedRooms(): readonly NamedRoom[] {
  const rooms = useChatState((state) => state.rooms);
  const users = useChatState((state) => state.users);
  const words = useWords();
  const nameOf = useNames();
  useEffect(() => {
    // Asks for the people of direct rooms.
    for (const { room } of rooms.values()) if (room.partner) nameOf(room.partner);
  }, [rooms, nameOf]);
  return useMemo(() => [...rooms.values()].map(({ room }) => ({ room, name: roomNameIn(room, users, words) })), [rooms, users, words]);
}

export function useRoomSections(openId: string | undefined): { readonly sections: RoomSections; readonly filter: RoomFilter; readonly setFilter: (filter: RoomFilter) => void } {
  const locale = useLocale();
  const [filter, setFilter] = useState<RoomFilter>('all');
  const rooms = useNamedRooms();
  const sections = useMemo(() => sectionsOf(rooms, filter, openId, locale), [rooms, filter, openId, locale]);
  return { sections, filter, setFilter };
}
