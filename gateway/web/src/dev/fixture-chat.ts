import { initialState, type ClientState, type RoomEntry } from '@parley/client/state';
import type { OutboxEntry } from '@parley/client/outbox-entry';
import { ProblemError } from '@parley/client/problem-error';
import { reduce } from '@parley/client/reducer';
import { createStore } from '@parley/client/store';
import type { CommitFrame } from '@parley/contracts/realtime/frames';
import { problem } from '@parley/contracts/problems/codes';
import type { Chat } from '../sync/chat.tsx';
import { fixtureRooms, me, people } from './fixture-data.ts';

const latencyMs = 150;
const later = <T>(make: () => T): Promise<T> => new Promise((resolve) => { setTimeout(() => resolve(make()), latencyMs); });

const types: Readonly<Record<string, string>> = {
  'post-message': 'message.posted', 'edit-message': 'message.edited', 'redact-message': 'message.redacted', react: 'message.reacted', unreact: 'message.unreacted', 'pin-message': 'message.pinned',
  'unpin-message': 'message.unpinned', 'rename-room': 'room.renamed', 'set-room-topic': 'room.topic-set', 'archive-room': 'room.archived', 'unarchive-room': 'room.unarchived',
};

/** The commit that a command would make. */
function commitOf({ command, id }: OutboxEntry, room: RoomEntry, n: number, at: string): CommitFrame | undefined {
  const type = types[command.type];
  if (!type) return undefined;
  const target = 'target' in command ? { messageId: command.target.messageId, targetN: command.target.n } : {};
  const replyTo = command.type === 'post-message' && command.replyTo ? { replyTo: command.replyTo } : {};
  const posted = command.type === 'post-message' ? { messageId: id, author: me, ordinal: room.room.ordinal + 1, hasLink: false, ...replyTo } : {};
  const content = { ...('text' in command && { text: command.text }), ...('name' in command && { name: command.name }), ...('topic' in command && { topic: command.topic }) };
  const data = { mentions: [], ...target, ...posted, ...('emoji' in command && { emoji: command.emoji }) };
  return { type: 'commit', kind: 'room', id: room.room.roomId, seq: n, n, at, cursor: '', events: [{ type, v: 1, n, commandId: id, by: me, data, content }] };
}

const data = (roomId: string) => fixtureRooms.find(({ room }) => room.roomId === roomId);
const answer = <T>(value: T) => later(() => ({ data: value, position: '', stale: false }));

const pageHits = 20;

/** Finds words by plain comparison; "down" stands for a search that is down. */
async function fixtureSearch({ q = '', room, from, hasLink, page }: { q?: string; room?: string; from?: string; hasLink?: string; page?: string }): Promise<unknown> {
  if (q.includes('down')) throw await later(() => new ProblemError(problem('search-unavailable')));
  const words = [...q.toLowerCase().matchAll(/"([^"]+)"|(\S+)/gu)].map(([, phrase, word]) => phrase ?? word ?? '');
  const hits = fixtureRooms.flatMap(({ messages }) => messages).toReversed().flatMap((message) => {
    const text = (message.text ?? '').toLowerCase();
    const fits = words.every((word) => text.includes(word)) && (!room || message.roomId === room) && (!from || message.author === from) && (hasLink === undefined || text.includes('http'));
    return fits && text !== '' ? [{ message, highlights: words.map((word) => ({ start: text.indexOf(word), end: text.indexOf(word) + word.length })).toSorted((a, b) => a.start - b.start) }] : [];
  });
  const at = Number(page ?? 0);
  return answer({ hits: hits.slice(at, at + pageHits), next: at + pageHits < hits.length ? String(at + pageHits) : null, index: 'postgres' });
}

const fixtureQueries = (): Chat['queries'] =>
  ({
    publicRooms: () => answer({ rooms: fixtureRooms.filter(({ room }) => room.kind === 'public').map(({ room }) => room), next: null }),
    pins: ({ roomId }: { roomId: string }) => answer({ messages: (data(roomId)?.messages ?? []).filter(({ pinned }) => pinned) }),
    users: () => answer({ users: [] }),
    message: ({ roomId, messageId }: { roomId: string; messageId: string }) => answer({ message: data(roomId)?.messages.find((message) => message.messageId === messageId), edits: [] }),
    search: fixtureSearch,
    room: ({ roomId }: { roomId: string }) => (data(roomId) ? answer(data(roomId)?.room) : Promise.reject(new ProblemError(problem('not-found')))),
  }) as unknown as Chat['queries'];

/** A chat out of made-up data: pages come late, sends arrive (or are refused when they say "fail"), somebody types. */
export function fixtureChat(): Chat {
  const store = createStore<ClientState>({ ...initialState, me: me as ClientState['me'], users: new Map(people.map((user) => [user.userId, user])), presence: new Map(people.slice(0, 7).map((user, index) => [user.userId, index % 3 === 1 ? 'idle' : 'active'])) });
  const dispatch: (action: Parameters<typeof reduce>[1]) => void = (action) => store.set(reduce(store.getSnapshot(), action));
  dispatch({ type: 'list-loaded', rooms: fixtureRooms.map(({ room }) => room), pages: new Map() });
  dispatch({ type: 'connection', connection: { state: 'live', gateway: 'gateway-7f2c', roundTripMs: 8 } });
  let counter = 0;
  const newId = (): string => `0190ffff-0000-7000-8000-${(counter += 1).toString(16).padStart(12, '0')}`;

  const load = async (roomId: string, from: number, to: number): Promise<void> => {
    const found = data(roomId);
    const entry = store.getSnapshot().rooms.get(roomId);
    if (!found || !entry) return;
    const messages = await later(() => found.messages.filter(({ ordinal }) => ordinal >= from && ordinal <= to));
    const notes = found.notes.filter(({ afterOrdinal }) => afterOrdinal >= from - 1 && afterOrdinal <= to);
    dispatch({ type: 'page-loaded', roomId, anchor: to, page: { messages: [...messages], notes: [...notes], n: entry.n, ordinal: found.messages.length, firstOrdinal: 1 } });
  };
  const settle = (entry: OutboxEntry): Promise<never> | Promise<{ id: string; n: number; events: number; seq: number; at: string; cursor: string; roomId: string }> => {
    dispatch({ type: 'outbox-put', entry });
    const { command, id } = entry;
    const failing = 'text' in command && command.text.includes('fail');
    return new Promise((resolve, reject) => {
      setTimeout(() => {
        if (failing) {
          dispatch({ type: 'outbox-put', entry: { ...entry, state: 'failed', problem: problem('rate-limited') } });
          reject(new ProblemError(problem('rate-limited')));
          return;
        }
        const roomId = 'roomId' in command ? String(command.roomId) : '';
        const room = store.getSnapshot().rooms.get(roomId);
        const n = (room?.n ?? 0) + 1;
        const at = new Date().toISOString();
        const frame = room && commitOf(entry, room, n, at);
        if (frame) dispatch({ type: 'frames', nowMs: Date.now(), frames: [frame] });
        dispatch({ type: 'outbox-removed', key: entry.key });
        resolve({ id, n, events: 1, seq: n, at, cursor: '', roomId });
      }, 400);
    });
  };
  return {
    state: store,
    retryNow: () => dispatch({ type: 'connection', connection: { state: 'live', gateway: 'gateway-7f2c', roundTripMs: 8 } }),
    send: (command) => {
      const id = newId();
      return settle({ key: id, id, command, createdAtMs: Date.now(), state: 'sent', attempts: 1 });
    },
    outbox: {
      retry: () => Promise.reject(new ProblemError(problem('rate-limited'))),
      edit: () => Promise.reject(new ProblemError(problem('rate-limited'))),
      discard: (key) => dispatch({ type: 'outbox-removed', key }),
    },
    rooms: {
      load,
      loadTail: (roomId) => load(roomId, Math.max(1, (data(roomId)?.messages.length ?? 0) - 99), data(roomId)?.messages.length ?? 0),
      loadMembers: async (roomId) => dispatch({ type: 'members-loaded', roomId, members: await later(() => data(roomId)?.members ?? []), n: 1_000, complete: true }),
      loadUsers: () => Promise.resolve(),
    },
    markRead: (roomId, n) => dispatch({ type: 'marked', roomId, n }),
    typing: () => undefined,
    setPresence: () => undefined,
    openRooms: ([roomId]) => {
      if (roomId) dispatch({ type: 'frames', nowMs: Date.now(), frames: [{ type: 'typing', roomId: roomId as never, userId: people[2]?.userId as never, n: 1_000 }] });
    },
    queries: fixtureQueries(),
    serverNow: Date.now,
    newId,
  };
}
