import type { Answer } from '@parley/contracts/queries/define';
import type { MemberView, MyRoomView, RoomView } from '@parley/contracts/queries/views';
import { receiptMembersMax, roomMembersMax } from '@parley/contracts/rooms/limits';
import type { Action, HistoryPage } from './actions.ts';
import { sleep, waitMs } from './backoff.ts';
import type { Queries } from './http.ts';
import { pageOf } from './pages.ts';
import { ProblemError } from './problem-error.ts';
import { missingOrdinals } from './selectors.ts';
import { type ClientState, pageMessagesMax } from './state.ts';

const tasksMax = 4;
const roomsPageMax = 200;
const membersPageMax = 500;
const usersPerQueryMax = 200;
/** Pages read in one go, and remembered as those a person looks at. */
const pagesAtOnceMax = 4;
/** How often an answer that is older than asked for is asked again. */
const staleRetriesMax = 5;
const staleRetryMs = 200;

export type LoaderOptions = {
  readonly queries: Queries;
  readonly dispatch: (action: Action) => void;
  readonly getState: () => ClientState;
  /** The newest cursor that was heard. */
  readonly cursor: () => string | undefined;
  readonly openRooms: () => readonly string[];
  readonly random: () => number;
};

/** Asks the queries for what the state needs; knows nothing of sockets. */
export class Loader {
  readonly #options: LoaderOptions;
  readonly #running = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #pages = new Map<string, Promise<void>>();
  /** Per room, the pages last looked at. */
  readonly #looked = new Map<string, readonly number[]>();
  #paused = true;
  #closed = false;

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /** Reads the list of rooms and the pages on screen, and hands them over as one. Answers false if `isCurrent` turned false meanwhile. */
  async sync(after: string, isCurrent: () => boolean): Promise<boolean> {
    this.#paused = true;
    const rooms = await this.#allRooms(after);
    const pages = new Map<string, HistoryPage[]>();
    const { rooms: before } = this.#options.getState();
    for (const roomId of this.#options.openRooms()) {
      const room = rooms.find((candidate) => candidate.roomId === roomId);
      if (room && before.get(roomId)?.n !== room.n && before.has(roomId)) pages.set(roomId, await this.#lookedPages(room, after));
    }
    if (this.#closed || !isCurrent()) return false;
    this.#options.dispatch({ type: 'list-loaded', rooms, pages });
    this.#paused = false;
    this.serve();
    return true;
  }

  /** Starts what is needed and not under way yet. */
  serve(): void {
    if (this.#paused || this.#closed) return;
    const { needs } = this.#options.getState();
    for (const roomId of needs.rooms) this.#run(`room:${roomId}`, () => this.#loadRoom(roomId));
    for (const roomId of needs.summaries) this.#run(`summary:${roomId}`, () => this.#loadSummary(roomId));
    if (needs.users.size > 0) this.#run('users', () => this.users([...needs.users].slice(0, usersPerQueryMax)));
  }

  close(): void {
    this.#closed = true;
  }

  /** Loads what is missing between two ordinals, both included. */
  async range(roomId: string, from: number, to: number): Promise<void> {
    const entry = this.#options.getState().rooms.get(roomId);
    if (!entry) return;
    const indexes = [...new Set(missingOrdinals(entry, from, Math.min(to, from + pagesAtOnceMax * pageMessagesMax)).map(pageOf))];
    const looked = [...new Set([pageOf(Math.max(1, from)), pageOf(Math.max(1, Math.min(to, entry.room.ordinal)))])];
    this.#looked.set(roomId, looked.slice(0, pagesAtOnceMax));
    const anchor = Math.round((from + Math.min(to, entry.room.ordinal)) / 2);
    await Promise.all(indexes.map((index) => this.#page(roomId, index, anchor)));
  }

  /** Loads the newest page once. */
  async tail(roomId: string): Promise<void> {
    const entry = this.#options.getState().rooms.get(roomId);
    if (!entry) return;
    if (entry.tail) return this.range(roomId, entry.room.ordinal - pageMessagesMax / 2, entry.room.ordinal);
    this.#looked.set(roomId, []);
    await this.#once(`${roomId}:tail`, async () => {
      const { data } = await this.#options.queries.history({ roomId, limit: pageMessagesMax });
      this.#options.dispatch({ type: 'page-loaded', roomId, page: data, anchor: data.ordinal });
    });
  }

  async members(roomId: string): Promise<void> {
    const n = this.#options.getState().rooms.get(roomId)?.n;
    if (n === undefined) return;
    const members: MemberView[] = [];
    let page: string | undefined;
    do {
      const { data } = await this.#fresh(() => this.#options.queries.members({ roomId, limit: membersPageMax, page, after: this.#options.cursor() }));
      members.push(...data.members);
      page = data.next ?? undefined;
    } while (page !== undefined && members.length < roomMembersMax);
    this.#options.dispatch({ type: 'members-loaded', roomId, members, n, complete: page === undefined });
  }

  async users(userIds: readonly string[]): Promise<void> {
    for (let from = 0; from < userIds.length; from += usersPerQueryMax) {
      const asked = userIds.slice(from, from + usersPerQueryMax);
      const { data } = await this.#fresh(() => this.#options.queries.users({ ids: asked.join(','), limit: usersPerQueryMax, after: this.#options.cursor() }));
      this.#options.dispatch({ type: 'users-loaded', asked, users: data.users });
    }
  }

  async receipts(roomId: string): Promise<void> {
    const room = this.#options.getState().rooms.get(roomId)?.room;
    if (!room || room.members > receiptMembersMax) return;
    const { data } = await this.#options.queries.receipts({ roomId });
    this.#options.dispatch({ type: 'receipts-loaded', roomId, markers: data.markers });
  }

  async #allRooms(after: string): Promise<MyRoomView[]> {
    const rooms = new Map<string, MyRoomView>();
    let page: string | undefined;
    do {
      const { data } = await this.#fresh(() => this.#options.queries.myRooms({ limit: roomsPageMax, page, after }));
      for (const room of data.rooms) rooms.set(room.roomId, room);
      page = data.next ?? undefined;
    } while (page !== undefined);
    return [...rooms.values()];
  }

  async #loadRoom(roomId: string): Promise<void> {
    const { queries, dispatch, getState, cursor } = this.#options;
    const before = getState().rooms.get(roomId);
    const entered = enteredIn(getState(), roomId);
    const room = await this.#myRoom(roomId);
    const pages = room && before && before.pages.length > 0 ? await this.#lookedPages(room, cursor()) : [];
    dispatch({ type: 'room-loaded', roomId, room, pages, entered });
    if (room && before?.members) await this.members(roomId);
    if (room?.partner && !getState().users.has(room.partner)) dispatch({ type: 'users-loaded', asked: [room.partner], users: (await queries.users({ ids: room.partner })).data.users });
  }

  async #loadSummary(roomId: string): Promise<void> {
    const entered = enteredIn(this.#options.getState(), roomId);
    const room = await this.#myRoom(roomId);
    this.#options.dispatch(room ? { type: 'summary-loaded', room } : { type: 'room-loaded', roomId, room: null, pages: [], entered });
  }

  /** One room as its member sees it; null for somebody who is none. */
  async #myRoom(roomId: string): Promise<MyRoomView | null> {
    try {
      const { data } = await this.#fresh(() => this.#options.queries.room({ roomId, after: this.#options.cursor() }));
      return isMine(data) ? data : null;
    } catch (error) {
      if (error instanceof ProblemError && (error.problem.status === 404 || error.problem.status === 403)) return null;
      throw error;
    }
  }

  async #lookedPages(room: MyRoomView, after: string | undefined): Promise<HistoryPage[]> {
    const { roomId } = room;
    const { queries } = this.#options;
    const looked = (this.#looked.get(roomId) ?? []).map((index) => queries.history({ roomId, since: index * pageMessagesMax, limit: pageMessagesMax, after }));
    const answers = await Promise.all([queries.history({ roomId, limit: pageMessagesMax, after }), ...looked]);
    return answers.map(({ data }) => data);
  }

  #page(roomId: string, index: number, anchor: number): Promise<void> {
    return this.#once(`${roomId}:${index}`, async () => {
      const { data } = await this.#options.queries.history({ roomId, since: index * pageMessagesMax, limit: pageMessagesMax });
      this.#options.dispatch({ type: 'page-loaded', roomId, page: data, anchor });
    });
  }

  #once(key: string, work: () => Promise<void>): Promise<void> {
    const running = this.#pages.get(key);
    if (running) return running;
    const started = work().finally(() => this.#pages.delete(key));
    this.#pages.set(key, started);
    return started;
  }

  /** An answer that has not reached the cursor asked for is asked again for a while, then taken as it is. */
  async #fresh<T>(ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
    for (let attempt = 0; ; attempt += 1) {
      const answer = await ask();
      if (!answer.stale || attempt >= staleRetriesMax || this.#closed) return answer;
      await sleep(staleRetryMs);
    }
  }

  #run(key: string, work: () => Promise<void>): void {
    if (this.#running.has(key) || this.#running.size >= tasksMax) return;
    this.#running.add(key);
    const failures = this.#failures.get(key) ?? 0;
    const started = failures === 0 ? work() : sleep(waitMs(failures, this.#options.random)).then(() => (this.#closed ? undefined : work()));
    started.then(
      () => this.#failures.delete(key),
      () => this.#failures.set(key, Math.min(failures + 1, 8)),
    ).finally(() => {
      this.#running.delete(key);
      // Still needed after a success: what came meanwhile was not in the answer. That is no reason to hurry.
      if (!this.#closed) setTimeout(() => this.serve(), staleRetryMs / 4);
    }).catch(() => {});
  }
}

const enteredIn = ({ entered }: ClientState, roomId: string): number => entered.get(roomId) ?? 0;
const isMine = (room: MyRoomView | RoomView): room is MyRoomView => 'role' in room && room.role !== null;
