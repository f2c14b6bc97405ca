import type { CommitFrame, ServerFrame } from '@parley/contracts/realtime/frames';
import type { Action } from './actions.ts';
import { foldReader, foldUser } from './fold-person.ts';
import { foldRoom } from './fold-room.ts';
import { loadList, loadMembers, loadPage, loadRoom, loadSummary, mark } from './load.ts';
import { foldPresence, foldReceipt, foldTyping, stopTyping, typingAfter } from './signals.ts';
import { type ClientState, earlyRoomsMax, recentFramesMax, withEnded, withKey, withMember, withoutKey, withoutMember } from './state.ts';

/**
 * The whole client state, folded from what happened: pure, so that a page, a bot and a test agree. Folding the frames
 * that follow a load gives what loading later would give; what cannot be known from frames is asked for in `needs`.
 */
export function reduce(state: ClientState, action: Action): ClientState {
  switch (action.type) {
    case 'connection':
      return { ...state, connection: action.connection, me: (action.me as ClientState['me'] | undefined) ?? state.me };
    case 'frames':
      return action.frames.reduce((folded, frame) => foldFrame(folded, frame, action.nowMs), state);
    case 'list-loaded':
      return loadList(state, action.rooms, action.pages);
    case 'room-loaded':
      return loadRoom(state, action.roomId, action.room, action.pages, action.entered);
    case 'summary-loaded':
      return loadSummary(state, action.room);
    case 'page-loaded':
      return loadPage(state, action.roomId, action.page, action.anchor);
    case 'members-loaded':
      return loadMembers(state, action);
    case 'users-loaded':
      return loadUsers(state, action);
    case 'receipts-loaded':
      return action.markers.reduce((folded, { userId, n }) => foldReceipt(folded, action.roomId, userId, n), state);
    case 'marked':
      return mark(state, action.roomId, action.n);
    case 'outbox-put':
      return { ...state, outbox: putEntry(state.outbox, action.entry) };
    case 'outbox-removed':
      return { ...state, outbox: state.outbox.filter(({ key }) => key !== action.key) };
    case 'tick':
      return typingAfter(state, action.nowMs);
  }
}

function foldFrame(state: ClientState, frame: ServerFrame, nowMs: number): ClientState {
  switch (frame.type) {
    case 'commit':
      return foldCommit(confirmed(state, frame), frame);
    case 'entered':
      if (state.rooms.has(frame.roomId) && state.rooms.get(frame.roomId)!.n >= frame.n) return state;
      return needRoom({ ...state, entered: withKey(state.entered, frame.roomId, frame.n) }, frame.roomId);
    case 'typing':
      return foldTyping(state, frame, nowMs);
    case 'presence':
      return foldPresence(state, frame.users);
    case 'receipt':
      return foldReceipt(state, frame.roomId, frame.userId, frame.n);
    // The connection's own: nothing of them is shown.
    case 'welcome':
    case 'ack':
    case 'error':
    case 'goaway':
    case 'live':
    case 'pong':
    case 'renewed':
      return state;
    default:
      frame satisfies never;
      return state;
  }
}

/** A command whose event is in the log is an entry of the outbox no longer: in the same step, so no row is drawn twice or not at all. */
function confirmed(state: ClientState, frame: CommitFrame): ClientState {
  if (state.outbox.length === 0) return state;
  const ids = new Set(frame.events.map(({ commandId }) => commandId));
  const outbox = state.outbox.filter(({ id }) => !ids.has(id));
  return outbox.length === state.outbox.length ? state : { ...state, outbox };
}

function foldCommit(state: ClientState, frame: CommitFrame): ClientState {
  if (frame.kind === 'user') return foldUser(state, frame);
  if (frame.kind === 'reader') return foldReader(state, frame);
  const entry = state.rooms.get(frame.id);
  if (!entry) return keepEarly(state, frame);
  const { entry: folded, asks } = foldRoom(entry, frame, state.me);
  let next = stopTyping(asks.gone ? dropRoom(state, frame.id, folded.n) : { ...state, rooms: withKey(state.rooms, frame.id, folded) }, frame);
  if (asks.room) next = needRoom(next, frame.id);
  if (asks.summary) next = { ...next, needs: { ...next.needs, summaries: withMember(next.needs.summaries, frame.id) } };
  for (const type of asks.unsupported) next = { ...next, unsupported: withKey(next.unsupported, type, (next.unsupported.get(type) ?? 0) + 1) };
  return next;
}

/** Frames of a room that is not loaded wait for it; until the list was loaded they are no reason to ask. */
function keepEarly(state: ClientState, frame: CommitFrame): ClientState {
  const kept = [...(state.early.get(frame.id) ?? []), frame].slice(-recentFramesMax);
  if (!state.early.has(frame.id) && state.early.size >= earlyRoomsMax) return state.loaded ? needRoom(state, frame.id) : state;
  const next = { ...state, early: withKey(state.early, frame.id, kept) };
  return state.loaded ? needRoom(next, frame.id) : next;
}

function needRoom(state: ClientState, roomId: string): ClientState {
  return { ...state, needs: { ...state.needs, rooms: withMember(state.needs.rooms, roomId) } };
}

/** Forgets a room that is not mine any more since event `n`. */
function dropRoom(state: ClientState, roomId: string, n: number): ClientState {
  const { rooms, summaries } = state.needs;
  return {
    ...state,
    ended: withEnded(state.ended, roomId, n),
    rooms: withoutKey(state.rooms, roomId), entered: withoutKey(state.entered, roomId), early: withoutKey(state.early, roomId), typing: withoutKey(state.typing, roomId), receipts: withoutKey(state.receipts, roomId),
    needs: { ...state.needs, rooms: withoutMember(rooms, roomId), summaries: withoutMember(summaries, roomId) },
  };
}

function loadUsers(state: ClientState, { asked, users }: Extract<Action, { type: 'users-loaded' }>): ClientState {
  const known = new Map(state.users);
  for (const user of users) known.set(user.userId, user);
  const needed = new Set(state.needs.users);
  for (const userId of asked) needed.delete(userId);
  return { ...state, users: known, needs: { ...state.needs, users: needed } };
}

function putEntry(outbox: ClientState['outbox'], entry: ClientState['outbox'][number]): ClientState['outbox'] {
  const at = outbox.findIndex(({ key }) => key === entry.key);
  return at < 0 ? [...outbox, entry] : outbox.with(at, entry);
}
