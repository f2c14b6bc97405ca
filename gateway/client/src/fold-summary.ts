import type { MessageView, MyRoomView } from '@parley/contracts/queries/views';
import type { FrameEvent } from '@parley/contracts/realtime/frames';
import { changeMessage, postedMessage, type Place } from './fold-message.ts';
import { messageByN } from './pages.ts';
import { type MemberList, own, type Page, unreadMax } from './state.ts';
import { isUnread, mentionsMe } from './unread.ts';

/** A room after an event, or with `unsure` where only the query side can tell its counts. */
export type Summary = { readonly room: MyRoomView; readonly unsure?: true };

type Fold = (room: MyRoomView, event: FrameEvent, context: Context) => Summary;
type Context = { readonly me: string | null; readonly pages: readonly Page[]; readonly members: MemberList | null; readonly place: Place };

const same: Fold = (room) => ({ room });
const set = (change: (event: FrameEvent, me: string | null) => Partial<MyRoomView>): Fold => (room, event, { me }) => ({ room: { ...room, ...change(event, me) } });
const content = (event: FrameEvent, name: string): string | null => (typeof event.content?.[name] === 'string' ? event.content[name] : null);

/** One entry per event of a room's log; what leaves the room (`room.deleted`, own leaving) is seen to by the reducer. */
export const summaryFolds: Readonly<Record<string, Fold>> = {
  'room.created': same,
  'room.renamed': set((event) => ({ name: content(event, 'name') })),
  'room.topic-set': set((event) => ({ topic: content(event, 'topic') || null })),
  'room.archived': set(() => ({ archived: true })),
  'room.unarchived': set(() => ({ archived: false })),
  'room.deleted': same,
  'room.member-invited': same,
  'room.member-joined': (room, event, { me }) => ({ room: { ...room, members: room.members + 1, ...(event.data['userId'] === me && { role: event.data['role'] as MyRoomView['role'], joinedN: event.n }) } }),
  'room.member-left': (room) => ({ room: { ...room, members: room.members - 1 } }),
  'room.member-removed': removed,
  'room.member-role-changed': set((event, me) => (event.data['userId'] === me ? { role: event.data['role'] as MyRoomView['role'] } : {})),
  'message.posted': posted,
  'message.edited': changed,
  'message.redacted': changed,
  'message.reacted': changed,
  'message.unreacted': changed,
  'message.pinned': changed,
  'message.unpinned': changed,
};

/** Folds one event into what `my-rooms` says of the room. `pages` must hold the messages as they were before it. */
export function foldSummary(room: MyRoomView, event: FrameEvent, context: Context): Summary {
  if (event.n <= room.n) return { room };
  const fold = own(summaryFolds, event.type) ?? same;
  const { room: folded, unsure } = fold(room, event, context);
  return { room: { ...folded, n: event.n }, ...(unsure && { unsure }) };
}

/**
 * Who was only invited is removed by the same event. A person whom the list shows since before it was a member; of
 * others it is not known, for the list may have been read after the event.
 */
function removed(room: MyRoomView, event: FrameEvent, { members, me }: Context): Summary {
  const userId = event.data['userId'];
  if (userId === me) return { room };
  const was = members !== null && members.n < event.n && members.list.some((member) => member.userId === userId && member.joinedN < event.n);
  return was ? { room: { ...room, members: room.members - 1 } } : { room, unsure: true };
}

function posted(room: MyRoomView, event: FrameEvent, { me, place }: Context): Summary {
  const message = postedMessage(event, place);
  const counts = isUnread(message, me, room.marker);
  const capped = counts && room.unread >= unreadMax;
  return {
    room: {
      ...room, ordinal: message.ordinal, last: message,
      unread: counts ? Math.min(unreadMax, room.unread + 1) : room.unread,
      mentions: counts && mentionsMe(message, me) ? room.mentions + 1 : room.mentions,
    },
    ...(capped && { unsure: true }),
  };
}

/** An edit or a redaction of an unread message changes the counts; of one that is not loaded, its author is unknown. */
function changed(room: MyRoomView, event: FrameEvent, { me, pages, place }: Context): Summary {
  const targetN = event.data['targetN'] as number;
  const isLast = room.last?.n === targetN;
  const before: MessageView | undefined = isLast ? (room.last ?? undefined) : messageByN(pages, targetN);
  const next = isLast && before ? { ...room, last: changeMessage(before, event, place) } : room;
  const countsChange = event.type === 'message.edited' || event.type === 'message.redacted';
  if (!countsChange || targetN <= room.marker) return { room: next };
  // A page that was read later holds the message as it is after this event.
  if (!before || before.revision >= event.n || room.unread >= unreadMax) return { room: next, unsure: true };
  const after = changeMessage(before, event, place);
  const counted = (message: MessageView) => (isUnread(message, me, room.marker) ? 1 : 0);
  const mentioned = (message: MessageView) => (counted(message) === 1 && mentionsMe(message, me) ? 1 : 0);
  return { room: { ...next, unread: room.unread + counted(after) - counted(before), mentions: room.mentions + mentioned(after) - mentioned(before) } };
}
