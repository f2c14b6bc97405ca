import type { MessageView } from '@parley/contracts/queries/views';
import type { CommitFrame, FrameEvent } from '@parley/contracts/realtime/frames';
import { type ClientState, type RoomEntry, withKey, withoutKey } from './state.ts';

/** Drops every copy of what a person said, and their name: what a reload would show from now on. */
export function eraseAuthor(state: ClientState, userId: string): ClientState {
  const user = state.users.get(userId);
  return {
    ...state,
    users: user ? withKey(state.users, userId, { ...user, name: null, status: null }) : state.users,
    pendingNames: withoutKey(state.pendingNames, userId),
    rooms: new Map([...state.rooms].map(([roomId, entry]) => [roomId, withoutWordsOf(entry, userId)])),
    early: new Map([...state.early].map(([roomId, frames]) => [roomId, frames.map((frame) => frameWithoutWordsOf(frame, userId))])),
  };
}

function withoutWordsOf(entry: RoomEntry, userId: string): RoomEntry {
  const erased = <M extends MessageView | null | undefined>(message: M): M => (message?.author === userId && message.state === 'shown' ? { ...message, state: 'erased', text: null } : message);
  return {
    ...entry,
    room: { ...entry.room, last: erased(entry.room.last) },
    pages: entry.pages.map((page) => (page.messages.some((message) => message !== erased(message)) ? { ...page, messages: page.messages.map(erased) } : page)),
    recent: entry.recent.map((frame) => frameWithoutWordsOf(frame, userId)),
  };
}

/** Frames are folded again over what is loaded later; they must not bring the words back. */
function frameWithoutWordsOf(frame: CommitFrame, userId: string): CommitFrame {
  const isTheirs = ({ type, data, by, content }: FrameEvent): boolean => typeof content === 'object' && content !== null && type.startsWith('message.') && (data['author'] ?? by) === userId;
  return frame.events.some(isTheirs) ? { ...frame, events: frame.events.map((event) => (isTheirs(event) ? { ...event, content: null } : event)) } : frame;
}
