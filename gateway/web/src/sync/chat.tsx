import type { Client } from '@parley/client/api';
import type { OutboxEntry } from '@parley/client/outbox-entry';
import type { ConnectionState, RoomEntry } from '@parley/client/state';
import type { ClientState } from '@parley/client/state';
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useSyncExternalStore } from 'react';
import { useWords } from '../i18n/use-words.ts';
import { Lru } from '../lib/lru.ts';
import { shownName } from '../lib/names.ts';

/** The part of the client library that the page uses; a page of fixtures brings its own. */
export type Chat = Omit<Client, 'connect' | 'close' | 'onFrame'>;

const ChatContext = createContext<Chat | undefined>(undefined);

export function ChatProvider({ chat, children }: { readonly chat: Chat; readonly children: ReactNode }) {
  return <ChatContext value={chat}>{children}</ChatContext>;
}

export function useChat(): Chat {
  const chat = use(ChatContext);
  if (!chat) throw new Error('A component that needs the chat stands outside of its provider.');
  return chat;
}

/** A part of the state. `select` must give the same object while nothing of it changed. */
export function useChatState<T>(select: (state: ClientState) => T): T {
  const { state } = useChat();
  const subscribe = useCallback((listener: () => void) => state.subscribe(listener), [state]);
  return useSyncExternalStore(subscribe, () => select(state.getSnapshot()));
}

export const useMe = (): string => useChatState((state) => state.me ?? '');
export const useConnection = (): ConnectionState => useChatState((state) => state.connection);
export const useRoom = (roomId: string | undefined): RoomEntry | undefined => useChatState((state) => (roomId === undefined ? undefined : state.rooms.get(roomId)));
export const useOutbox = (): readonly OutboxEntry[] => useChatState((state) => state.outbox);

/** A room's commands on their way, the same array while none of them changed. */
export function useRoomOutbox(roomId: string): readonly OutboxEntry[] {
  const outbox = useOutbox();
  return useMemo(() => outbox.filter(({ command }) => 'roomId' in command && command.roomId === roomId), [outbox, roomId]);
}

const askAfterMs = 20;
const askedMax = 5_000;
const asking = new WeakMap<Chat, { readonly asked: Lru<string, true>; readonly next: Set<string> }>();

/** Asks for people who are shown and not known yet: all of one moment together, each once. */
function wantUser(chat: Chat, userId: string): void {
  if (userId === '') return;
  const wants = asking.get(chat) ?? { asked: new Lru<string, true>(askedMax), next: new Set<string>() };
  asking.set(chat, wants);
  if (wants.asked.get(userId)) return;
  wants.asked.set(userId, true);
  wants.next.add(userId);
  if (wants.next.size > 1) return;
  setTimeout(() => {
    const ids = [...wants.next];
    wants.next.clear();
    chat.rooms.loadUsers(ids).catch(() => {
      for (const id of ids) wants.asked.delete(id);
    });
  }, askAfterMs);
}

export type NameOf = (userId: string) => string;

/** Names by id; the function is another one whenever a name changed, so what uses it draws again. */
export function useNames(): NameOf {
  const chat = useChat();
  const users = useChatState((state) => state.users);
  const words = useWords();
  return useCallback((userId) => {
    if (!users.has(userId)) wantUser(chat, userId);
    return nameIn(users, userId, words.person);
  }, [chat, users, words]);
}

export function nameIn(users: ClientState['users'], userId: string, words: { readonly unknown: string; readonly erased: string }): string {
  const user = users.get(userId);
  if (!user) return words.unknown;
  return user.name === null ? words.erased : shownName(user.name);
}

export function useName(userId: string): string {
  const chat = useChat();
  const words = useWords();
  const known = useChatState((state) => state.users.has(userId));
  useEffect(() => {
    if (!known) wantUser(chat, userId);
  }, [chat, known, userId]);
  return useChatState((state) => nameIn(state.users, userId, words.person));
}

export type Presence = 'active' | 'idle' | 'offline';
/** Whether somebody is there. One's own state is not sent back: who reads this is. */
export const usePresence = (userId: string | undefined | null): Presence =>
  useChatState((state) => (userId ? (state.presence.get(userId) ?? (userId === state.me && state.connection.state === 'live' ? 'active' : 'offline')) : 'offline'));

/** The name under which a room is shown: its own, or the other person's for a direct room. */
export function useRoomName(roomId: string): string {
  const chat = useChat();
  const words = useWords();
  const partner = useChatState((state) => state.rooms.get(roomId)?.room.partner ?? '');
  const known = useChatState((state) => state.users.has(partner));
  useEffect(() => {
    if (!known) wantUser(chat, partner);
  }, [chat, known, partner]);
  return useChatState((state) => {
    const room = state.rooms.get(roomId)?.room;
    return room ? roomNameIn(room, state.users, words) : '';
  });
}

type RoomNameWords = { readonly person: { readonly unknown: string; readonly erased: string }; readonly room: { readonly unnamed: string } };
export function roomNameIn(room: Pick<RoomEntry['room'], 'kind' | 'partner' | 'name'>, users: ClientState['users'], words: RoomNameWords): string {
  if (room.kind === 'direct' && room.partner) return nameIn(users, room.partner, words.person);
  return room.name === null ? words.room.unnamed : shownName(room.name);
}
