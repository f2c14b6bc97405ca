import type { MyRoomView } from '@parley/contracts/queries/views';
import type { CommitFrame } from '@parley/contracts/realtime/frames';
import type { Action, HistoryPage } from './actions.ts';
import { foldFrames, foldMembers } from './fold-room.ts';
import { changeMessage } from './fold-message.ts';
import { keepNear, messageByN, putMessage, putNote } from './pages.ts';
import { type ClientState, type MemberList, type Page, type RoomEntry, withEnded, withKey, withMember, withoutKey, withoutMember } from './state.ts';
import { countUnread } from './unread.ts';

/** Takes a whole list: rooms that did not change keep their pages, all others have the pages that came along. */
export function loadList(state: ClientState, rooms: readonly MyRoomView[], pages: ReadonlyMap<string, readonly HistoryPage[]>): ClientState {
  const kept = new Map([...state.rooms].filter(([roomId]) => rooms.some((room) => room.roomId === roomId)));
  let next: ClientState = { ...state, loaded: true, rooms: kept, needs: { ...state.needs, list: false } };
  for (const room of rooms) next = loadRoom(next, room.roomId, room, pages.get(room.roomId) ?? [], state.entered.get(room.roomId) ?? 0);
  // Frames of rooms that the list does not have yet: entered while it was on its way.
  const missing = [...next.early.keys()].filter((roomId) => !next.rooms.has(roomId));
  return { ...next, needs: { ...next.needs, rooms: new Set([...next.needs.rooms, ...missing]) } };
}

/**
 * Takes one room as it was read, then folds the frames that came since. `entered`: the event at which I was known to have
 * come in when it was asked for; if I came in again meanwhile, an answer without me is not the last word.
 */
export function loadRoom(state: ClientState, roomId: string, room: MyRoomView | null, pages: readonly HistoryPage[], entered: number): ClientState {
  const cameBack = (state.entered.get(roomId) ?? 0) > entered;
  const needs = { ...state.needs, rooms: cameBack ? state.needs.rooms : withoutMember(state.needs.rooms, roomId), summaries: withoutMember(state.needs.summaries, roomId) };
  // Asked before the room ended for me, answered after: whoever came back since has joined at a later event.
  const isOver = room !== null && room.joinedN <= (state.ended.get(roomId) ?? 0);
  if (!room || isOver) return { ...state, needs, rooms: withoutKey(state.rooms, roomId), early: withoutKey(state.early, roomId) };
  const before = state.rooms.get(roomId);
  const later = (before?.recent ?? state.early.get(roomId) ?? []).filter((frame) => lastN(frame) > room.n);
  // What was folded already reaches further than what was read: an answer that came late says nothing new.
  if (before && !before.hole && before.n >= room.n && pages.length === 0) return loadSummary({ ...state, needs }, room);
  const start: RoomEntry = {
    room: withMarker(before, room), n: room.n, ordinal: room.ordinal, pages: [], members: before?.members?.n === room.n ? before.members : null, recent: [],
    anchor: before?.anchor ?? room.ordinal, tail: false, hole: false,
  };
  const early = withoutKey(state.early, roomId);
  const { entry: folded, asks } = foldFrames(start, later, state.me);
  if (asks.gone) return { ...state, needs, early, ended: withEnded(state.ended, roomId, folded.n), rooms: withoutKey(state.rooms, roomId) };
  let next: ClientState = { ...state, needs, early, entered: withoutKey(state.entered, roomId), rooms: withKey(state.rooms, roomId, folded) };
  if (asks.summary) next = needing(next, 'summaries', roomId);
  if (folded.hole) next = needing(next, 'rooms', roomId);
  for (const page of pages) next = loadPage(next, roomId, page, folded.anchor);
  return room.marker < (before?.room.marker ?? 0) ? mark(next, roomId, before!.room.marker, true) : next;
}

const lastN = (frame: CommitFrame): number => frame.events.at(-1)?.n ?? frame.n;
/** A marker never goes back, whatever an older answer says. */
const withMarker = (before: RoomEntry | undefined, room: MyRoomView): MyRoomView => (before && before.room.marker > room.marker ? { ...room, marker: before.room.marker } : room);

/** Takes a newer word on one room's counts, and folds into it what came since. */
export function loadSummary(state: ClientState, room: MyRoomView): ClientState {
  const entry = state.rooms.get(room.roomId);
  const settled = { ...state, needs: { ...state.needs, summaries: withoutMember(state.needs.summaries, room.roomId) } };
  if (!entry) return settled;
  if (room.n < entry.n && !covers(entry, room.n)) return needing(settled, 'rooms', room.roomId);
  // Only the summary is folded again; pages, notes and members went that way already.
  const again = entry.recent.filter((frame) => lastN(frame) > room.n && frame.n <= entry.n);
  const start: RoomEntry = { ...entry, room: withMarker(entry, room), n: Math.min(room.n, entry.n), ordinal: room.n < entry.n ? room.ordinal : entry.ordinal, recent: [] };
  const { entry: folded, asks } = foldFrames(start, again, state.me);
  const next = { ...settled, rooms: withKey(state.rooms, room.roomId, { ...entry, room: folded.room }) };
  const marked = room.marker < entry.room.marker ? mark(next, room.roomId, entry.room.marker, true) : next;
  return asks.summary ? needing(marked, 'summaries', room.roomId) : marked;
}

/** Takes a page of history. One that was read before the newest frames is brought up to date with them. */
export function loadPage(state: ClientState, roomId: string, page: HistoryPage, anchor: number): ClientState {
  const entry = state.rooms.get(roomId);
  if (!entry) return state;
  if (page.n < entry.n && !covers(entry, page.n)) return needing(state, 'rooms', roomId);
  let pages: readonly Page[] = entry.pages;
  for (const message of page.messages) pages = putMessage(pages, message);
  for (const note of page.notes) pages = putNote(pages, note);
  const tail = entry.tail || page.ordinal === 0 || page.messages.at(-1)?.ordinal === page.ordinal;
  if (page.n < entry.n) pages = changedSince(pages, entry, page.n);
  return { ...state, rooms: withKey(state.rooms, roomId, { ...entry, anchor, tail, pages: keepNear(pages, anchor) }) };
}

/** Whether the kept frames say everything that happened after event `n`, up to what the entry holds. */
function covers(entry: RoomEntry, n: number): boolean {
  let next = n + 1;
  for (const frame of entry.recent) {
    if (frame.n > next) return next > entry.n;
    next = Math.max(next, lastN(frame) + 1);
  }
  return next > entry.n;
}

function changedSince(pages: readonly Page[], entry: RoomEntry, n: number): readonly Page[] {
  let changed = pages;
  for (const frame of entry.recent) {
    for (const event of frame.events) {
      if (event.n <= n || event.n > entry.n) continue;
      const message = messageByN(changed, (event.data['targetN'] as number | undefined) ?? 0);
      if (message) changed = putMessage(changed, changeMessage(message, event, { roomId: frame.id, seq: frame.seq, at: frame.at }));
    }
  }
  return changed;
}

/** Takes the members as they were at event `n` at least, and folds the frames that came since. */
export function loadMembers(state: ClientState, { roomId, members, n, complete }: Extract<Action, { type: 'members-loaded' }>): ClientState {
  const entry = state.rooms.get(roomId);
  if (!entry) return state;
  let list: MemberList = { list: members, n, complete };
  for (const frame of entry.recent) {
    for (const event of frame.events) if (event.n <= entry.n) list = foldMembers(list, event, { roomId, seq: frame.seq, at: frame.at });
  }
  return { ...state, rooms: withKey(state.rooms, roomId, { ...entry, members: list }) };
}

/** Moves my marker forward and counts again; where that takes messages that are not loaded, asks. `again` counts even if it did not move. */
export function mark(state: ClientState, roomId: string, n: number, again = false): ClientState {
  const entry = state.rooms.get(roomId);
  if (!entry || (n <= entry.room.marker && !again)) return state;
  const marker = Math.max(n, entry.room.marker);
  // Counts that were read ahead of the frames know of changes that the pages do not have yet.
  const counted = entry.room.n > entry.n ? undefined : countUnread(entry.pages, state.me, { marker, firstOrdinal: entry.room.firstOrdinal, ordinal: entry.room.ordinal, n: entry.n });
  const room: MyRoomView = { ...entry.room, marker, ...counted };
  const next = { ...state, rooms: withKey(state.rooms, roomId, { ...entry, room }) };
  return counted ? next : needing(next, 'summaries', roomId);
}

function needing(state: ClientState, what: 'rooms' | 'summaries', roomId: string): ClientState {
  return { ...state, needs: { ...state.needs, [what]: withMember(state.needs[what], roomId) } };
}
