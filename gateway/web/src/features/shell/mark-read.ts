import { currentWords } from '../../i18n/use-words.ts';
import type { Chat } from '../../sync/chat.tsx';
import { notify, useUi } from './ui-state.ts';

type Marking = Pick<Chat, 'markRead'>;
/** How far this page itself has marked each room; a marker beyond that was set on another device. */
const markedBy = new WeakMap<Marking, Map<string, number>>();

/** Marks a room as read up to event `n`. The one way by which this page does. */
export function markRead(chat: Marking, roomId: string, n: number): void {
  const marked = markedBy.get(chat) ?? new Map<string, number>();
  markedBy.set(chat, marked);
  marked.set(roomId, Math.max(marked.get(roomId) ?? 0, n));
  chat.markRead(roomId, n);
}

export const markedHere = (chat: Marking, roomId: string): number => markedBy.get(chat)?.get(roomId) ?? 0;

/** Marks everything that is loaded in the list of rooms as read, up to what is known of each room now. */
export function markAllRead(chat: Chat): void {
  const unread = [...chat.state.getSnapshot().rooms.values()].filter(({ room }) => room.unread > 0);
  for (const { room } of unread) markRead(chat, room.roomId, room.n);
  useUi.setState(({ readAll }) => ({ readAll: readAll + 1 }));
  const words = currentWords();
  notify(unread.length === 0 ? words.nav.nothingUnread : words.nav.allRead(unread.length));
}
