import type { MessageView, MyRoomView, NoteView } from '@parley/contracts/queries/views';
import { findPage, messageAt, pageOfNote } from './pages.ts';
import type { ClientState, RoomEntry } from './state.ts';

/** The message at an ordinal (1, 2, 3 …), undefined where it is not loaded. */
export const messageOf = (entry: RoomEntry, ordinal: number): MessageView | undefined => messageAt(entry.pages, ordinal);

/** What else happened between the message at an ordinal and the one after it; 0: before the first. Only what is loaded. */
export function notesAfter(entry: RoomEntry, ordinal: number): readonly NoteView[] {
  const notes = findPage(entry.pages, pageOfNote(ordinal)).page?.notes ?? [];
  return notes.filter(({ afterOrdinal }) => afterOrdinal === ordinal);
}

/** Ordinals between `from` and `to`, both included and cut to what the room has, that are not loaded. */
export function missingOrdinals(entry: RoomEntry, from: number, to: number): number[] {
  const first = Math.max(1, entry.room.firstOrdinal, from);
  const last = Math.min(entry.room.ordinal, to);
  const missing: number[] = [];
  for (let ordinal = first; ordinal <= last; ordinal += 1) if (!messageOf(entry, ordinal)) missing.push(ordinal);
  return missing;
}

/** My rooms, those with the newest activity first, as `my-rooms` sorts them. */
export function roomsByActivity(state: ClientState): MyRoomView[] {
  const activity = (room: MyRoomView): string => room.last?.at ?? room.createdAt;
  return [...state.rooms.values()].map(({ room }) => room).sort((a, b) => (activity(b) < activity(a) ? -1 : activity(b) > activity(a) ? 1 : a.roomId < b.roomId ? -1 : 1));
}
