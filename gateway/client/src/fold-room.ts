import type { MemberView, NoteView } from '@parley/contracts/queries/views';
import type { CommitFrame, FrameEvent } from '@parley/contracts/realtime/frames';
import { changeMessage, messageChanges, postedMessage, type Place } from './fold-message.ts';
import { foldSummary, summaryFolds } from './fold-summary.ts';
import { keepNear, messageByN, putMessage, putNote } from './pages.ts';
import { type MemberList, recentFramesMax, type RoomEntry } from './state.ts';

/** What a fold asks of the query side. */
export type RoomAsks = { readonly summary: boolean; readonly room: boolean; readonly gone: boolean; readonly unsupported: readonly string[] };
export type FoldedRoom = { readonly entry: RoomEntry; readonly asks: RoomAsks };

const noteTypes: ReadonlySet<string> = new Set([
  'room.created', 'room.renamed', 'room.topic-set', 'room.archived', 'room.unarchived', 'room.deleted',
  'room.member-invited', 'room.member-joined', 'room.member-left', 'room.member-removed', 'room.member-role-changed',
]);

/**
 * Folds one commit of a room: events that the entry holds already change nothing, a commit that begins too far ahead
 * marks the entry as having a hole. `me` leaving, being removed, or the room's end answer `gone`.
 */
export function foldRoom(entry: RoomEntry, frame: CommitFrame, me: string | null): FoldedRoom {
  if (frame.n > entry.n + 1) {
    return { entry: { ...entry, hole: true, recent: remembered(entry, frame) }, asks: { summary: false, room: true, gone: false, unsupported: [] } };
  }
  const place: Place = { roomId: frame.id, seq: frame.seq, at: frame.at };
  let folded: RoomEntry = { ...entry, recent: remembered(entry, frame) };
  let summary = false;
  let room = false;
  const unsupported: string[] = [];
  for (const event of frame.events) {
    if (event.n <= entry.n) continue;
    if (!Object.hasOwn(summaryFolds, event.type)) unsupported.push(event.type);
    if (event.unavailable) room = true;
    const next = foldEvent(folded, event, place, me);
    folded = next.entry;
    summary ||= next.unsure;
    if (endsForMe(event, me)) return { entry: folded, asks: { summary: false, room: false, gone: true, unsupported } };
  }
  return { entry: folded, asks: { summary, room, gone: false, unsupported } };
}

/** Folds frames in order until the room ends for me. */
export function foldFrames(entry: RoomEntry, frames: readonly CommitFrame[], me: string | null): FoldedRoom {
  let folded: FoldedRoom = { entry, asks: { summary: false, room: false, gone: false, unsupported: [] } };
  for (const frame of frames) {
    const { entry: next, asks } = foldRoom(folded.entry, frame, me);
    const { summary, room, unsupported } = folded.asks;
    folded = { entry: next, asks: { summary: summary || asks.summary, room: room || asks.room, gone: asks.gone, unsupported: [...unsupported, ...asks.unsupported] } };
    if (asks.gone) return folded;
  }
  return folded;
}

function endsForMe(event: FrameEvent, me: string | null): boolean {
  if (event.type === 'room.deleted') return true;
  return (event.type === 'room.member-left' || event.type === 'room.member-removed') && event.data['userId'] === me;
}

function foldEvent(entry: RoomEntry, event: FrameEvent, place: Place, me: string | null): { readonly entry: RoomEntry; readonly unsure: boolean } {
  const { room, unsure = false } = foldSummary(entry.room, event, { me, pages: entry.pages, members: entry.members, place });
  const ordinal = event.type === 'message.posted' ? (event.data['ordinal'] as number) : entry.ordinal;
  return {
    entry: {
      ...entry,
      room,
      n: event.n,
      ordinal,
      // Who reads the newest messages goes on doing so.
      anchor: entry.anchor >= entry.ordinal ? ordinal : entry.anchor,
      pages: foldPages(entry, event, place),
      members: entry.members && foldMembers(entry.members, event, place),
    },
    unsure,
  };
}

function foldPages(entry: RoomEntry, event: FrameEvent, place: Place): RoomEntry['pages'] {
  if (event.type === 'message.posted') return keepNear(putMessage(entry.pages, postedMessage(event, place)), entry.anchor);
  if (noteTypes.has(event.type)) return putNote(entry.pages, noteOf(event, place, entry.ordinal));
  if (!Object.hasOwn(messageChanges, event.type)) return entry.pages;
  const message = messageByN(entry.pages, event.data['targetN'] as number);
  return message ? putMessage(entry.pages, changeMessage(message, event, place)) : entry.pages;
}

/** `ordinal`: the room's messages before it. */
export function noteOf(event: FrameEvent, place: Place, ordinal: number): NoteView {
  const { data } = event;
  return {
    roomId: place.roomId, n: event.n, at: place.at, type: event.type, by: event.by, userId: data['userId'] ?? null, role: data['role'] ?? null,
    text: textOfNote(event), afterOrdinal: ordinal,
  } as NoteView;
}

/** Only what was changed to is told: the room's first name is no news. */
function textOfNote({ type, content }: FrameEvent): string | null {
  const text = type === 'room.renamed' ? content?.['name'] : type === 'room.topic-set' ? content?.['topic'] : null;
  return typeof text === 'string' ? text : null;
}

/** Folds one event into a list of members that is true up to `list.n`. */
export function foldMembers(members: MemberList, event: FrameEvent, place: Place): MemberList {
  if (event.n <= members.n) return members;
  const userId = event.data['userId'];
  const others = (): readonly MemberView[] => members.list.filter((member) => member.userId !== userId);
  switch (event.type) {
    case 'room.member-joined':
      // While only the beginning of the list is loaded, a newcomer belongs to the end that is not.
      return members.complete
        ? { ...members, n: event.n, list: [...others(), { userId, role: event.data['role'], joinedAt: place.at, joinedN: event.n } as MemberView] }
        : { ...members, n: event.n };
    case 'room.member-left':
    case 'room.member-removed':
      return { ...members, n: event.n, list: others() };
    case 'room.member-role-changed':
      return { ...members, n: event.n, list: members.list.map((member) => (member.userId === userId ? { ...member, role: event.data['role'] as MemberView['role'] } : member)) };
    default:
      return { ...members, n: event.n };
  }
}

/** Keeps the newest frames, each once. */
function remembered(entry: RoomEntry, frame: CommitFrame): readonly CommitFrame[] {
  const last = entry.recent.at(-1);
  if (last && frame.n <= last.n) return entry.recent;
  return entry.recent.length < recentFramesMax ? [...entry.recent, frame] : [...entry.recent.slice(1), frame];
}
