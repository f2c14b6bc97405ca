import type { Chat } from '../../sync/chat.tsx';

/** What a room was like when it was entered: reading changes it a moment later. */
export type Entered = { readonly marker: number; readonly unread: number };

const entered = new WeakMap<Pick<Chat, 'state'>, Map<string, Entered>>();

/** Remembers the room as it is now. */
export function rememberEntry(chat: Pick<Chat, 'state'>, roomId: string): void {
  const room = chat.state.getSnapshot().rooms.get(roomId)?.room;
  if (!room) return;
  const rooms = entered.get(chat) ?? new Map<string, Entered>();
  entered.set(chat, rooms);
  rooms.set(roomId, { marker: Math.max(room.marker, room.joinedN), unread: room.unread });
}

export const enteredWith = (chat: Pick<Chat, 'state'>, roomId: string): Entered | undefined => entered.get(chat)?.get(roomId);
