import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CommitFrame } from '@parley/contracts/realtime/frames';
import type { Action } from './actions.ts';
import { reduce } from './reducer.ts';
import { type ClientState, initialState, pageMessagesMax } from './state.ts';
import { commitsOf, me, type Wish, wishes } from './testing/histories.ts';
import { QuerySide } from './testing/query-side.ts';

/**
 * Goal: folding live events equals reloading. Method: a random history of a room; the client loads at one position,
 * is given the frames that follow in pieces, with repetitions, holes, pages and counts read earlier or later than the
 * frames, and must end with exactly what the query side answers for the end of the history.
 */
const roomId = 'room-a';
const wish: fc.Arbitrary<Wish> = fc.record({
  what: fc.constantFrom(...wishes), who: fc.nat(20), target: fc.nat(60), choice: fc.nat(20), sameCommit: fc.boolean(),
});
const history = fc.array(wish, { minLength: 1, maxLength: 70 });

const start = (): ClientState => reduce(initialState, { type: 'connection', connection: { state: 'connecting', attempt: 1 }, me });
const framesOf = (frames: readonly CommitFrame[]): Action => ({ type: 'frames', frames, nowMs: 0 });
const marked = (n: number): CommitFrame => ({ type: 'commit', kind: 'reader', id: me, seq: n, n, at: '2026-01-01T00:00:00.000Z', events: [{ type: 'reader.marked', v: 1, n, commandId: 'x', by: me, data: { roomId, n } }], cursor: 'c' });

/** Everything loaded must be what the query side says at the end; what is not loaded is not compared. */
function expectEqualToReload(state: ClientState, side: QuerySide, marker: number): void {
  const end = side.commits.length;
  const entry = state.rooms.get(roomId)!;
  expect(entry.room).toEqual(side.room(end, me, marker));
  const messages = side.messages(end);
  const loaded = entry.pages.flatMap((page) => page.messages.flatMap((message) => (message ? [message] : [])));
  expect(loaded).toEqual(loaded.map(({ ordinal }) => messages[ordinal - 1]));
  const notes = side.notes(end);
  for (const note of entry.pages.flatMap((page) => page.notes)) expect(note).toEqual(notes.find(({ n }) => n === note.n));
  if (entry.members) expect(entry.members.list).toEqual(side.members(end));
}

test('with everything loaded, frames alone give what a reload gives, and nothing has to be asked', () => {
  // That somebody removed was no member but invited, only the query side knows for sure.
  const sure = history.map((list) => list.filter(({ what }) => what !== 'uninvite'));
  fc.assert(fc.property(sure, fc.nat(100), fc.array(fc.nat(100), { maxLength: 4 }), (list, from, marks) => {
    const side = new QuerySide(roomId, commitsOf(roomId, list));
    const end = side.commits.length;
    const position = 1 + (from % end);
    let state = reduce(start(), { type: 'list-loaded', rooms: [side.room(position, me, 0)], pages: new Map([[roomId, [side.history(position, 0, pageMessagesMax)]]]) });
    state = reduce(state, { type: 'members-loaded', roomId, members: side.members(position), n: side.events(position).length, complete: true });
    let marker = 0;
    side.commits.slice(position).forEach((frame, index) => {
      state = reduce(state, framesOf([frame]));
      const mark = marks[index];
      if (mark !== undefined) {
        const n = 1 + (mark % frame.n);
        marker = Math.max(marker, n);
        state = reduce(state, framesOf([marked(n)]));
      }
      expectEqualToReload(state, new QuerySide(roomId, side.commits.slice(0, position + index + 1)), marker);
    });
    expect(state.needs).toEqual({ list: false, rooms: new Set(), summaries: new Set(), users: new Set() });
    expect(state.unsupported.size).toBe(0);
    const loaded = state.rooms.get(roomId)!.pages;
    expect(loaded.flatMap(({ messages }) => messages).filter(Boolean)).toHaveLength(side.messages(end).length);
    expect(loaded.flatMap(({ notes }) => notes)).toEqual(side.notes(end));
  }), { numRuns: 300 });
});

type Step = { readonly what: 'frame' | 'frames' | 'repeat' | 'lose' | 'page' | 'members' | 'summary' | 'mark' | 'serve'; readonly lag: number; readonly choice: number };
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom('frame', 'frame', 'frame', 'frames', 'repeat', 'lose', 'page', 'members', 'summary', 'mark', 'serve'), lag: fc.integer({ min: -4, max: 4 }), choice: fc.nat(100),
});

/** A client whose network and query side misbehave within their rights. */
class Simulation {
  state = start();
  delivered: number;
  marker = 0;
  readonly side: QuerySide;

  constructor(side: QuerySide, position: number) {
    this.side = side;
    this.delivered = position;
    this.state = reduce(this.state, { type: 'list-loaded', rooms: [side.room(position, me, 0)], pages: new Map() });
  }

  /** The query side may be behind the frames that came, or ahead of them. */
  at(lag: number): number {
    return Math.min(this.side.commits.length, Math.max(1, this.delivered + lag));
  }

  /** Commits that the state holds: who asked the query side once is not answered from before that. */
  get folded(): number {
    return this.side.commits.filter((commit) => commit.n <= this.state.rooms.get(roomId)!.n).length;
  }

  deliver(frames: readonly CommitFrame[]): void {
    this.state = reduce(this.state, framesOf(frames));
  }

  take({ what, lag, choice }: Step): void {
    const { side } = this;
    const next = side.commits.slice(this.delivered, this.delivered + (what === 'frames' ? 1 + (choice % 5) : 1));
    switch (what) {
      case 'frame':
      case 'frames':
        this.delivered += next.length;
        return this.deliver(next);
      case 'lose':
        this.delivered += next.length;
        return;
      case 'repeat':
        return this.deliver(side.commits.slice(Math.max(0, this.delivered - 1 - (choice % 3)), this.delivered));
      case 'page':
        this.state = reduce(this.state, { type: 'page-loaded', roomId, page: side.history(this.at(lag), choice % 40, 10), anchor: 1 });
        return;
      case 'members':
        this.state = reduce(this.state, { type: 'members-loaded', roomId, members: side.members(Math.max(this.at(Math.abs(lag)), this.folded)), n: this.state.rooms.get(roomId)!.n, complete: true });
        return;
      case 'summary':
        this.state = reduce(this.state, { type: 'summary-loaded', room: side.room(this.at(lag), me, choice % 2 === 0 ? this.marker : 0) });
        return;
      case 'mark':
        this.marker = Math.max(this.marker, 1 + (choice % this.state.rooms.get(roomId)!.n));
        return this.deliver([marked(this.marker)]);
      case 'serve':
        return this.serve(this.at(Math.abs(lag)));
    }
  }

  /** Answers what the state asks for, from a position that has reached all that was delivered. */
  serve(position: number): void {
    const room = this.side.room(position, me, this.marker);
    const pages = [this.side.history(position, 0, pageMessagesMax)];
    if (this.state.needs.rooms.has(roomId)) this.state = reduce(this.state, { type: 'room-loaded', roomId, room, pages, entered: this.state.entered.get(roomId) ?? 0 });
    if (this.state.needs.summaries.has(roomId)) this.state = reduce(this.state, { type: 'summary-loaded', room });
  }
}

test('whatever is late, early, repeated or lost, the state ends as a reload would', () => {
  fc.assert(fc.property(history, fc.nat(100), fc.array(step, { maxLength: 80 }), (list, from, steps) => {
    const side = new QuerySide(roomId, commitsOf(roomId, list));
    const simulation = new Simulation(side, 1 + (from % side.commits.length));
    for (const one of steps) simulation.take(one);
    simulation.deliver(side.commits.slice(simulation.delivered));
    simulation.delivered = side.commits.length;
    // A loss at the very end shows with the next frame, or is healed by a pong's cursor: here, by asking.
    if (simulation.state.rooms.get(roomId)!.n < side.events(side.commits.length).length) simulation.state = reduce(simulation.state, { type: 'room-loaded', roomId, room: side.room(side.commits.length, me, simulation.marker), pages: [], entered: 0 });
    for (let round = 0; round < 3; round += 1) simulation.serve(side.commits.length);
    const { needs } = simulation.state;
    expect([...needs.rooms, ...needs.summaries]).toEqual([]);
    expectEqualToReload(simulation.state, side, simulation.marker);
  }), { numRuns: 3000 });
});

describe('a room that is not mine any more', () => {
  const side = new QuerySide(roomId, commitsOf(roomId, []));
  const loaded = reduce(start(), { type: 'list-loaded', rooms: [side.room(1, me, 0)], pages: new Map() });
  const last = (type: string, data: Record<string, unknown>): CommitFrame => ({ ...side.commits.at(0)!, n: 4, events: [{ type, v: 1, n: 4, commandId: 'x', by: me, data }] });
  test.each([['room.member-left', { userId: me }], ['room.member-removed', { userId: me }], ['room.deleted', {}]])('%s takes it away', (type, data) => {
    expect(reduce(loaded, framesOf([last(type, data)])).rooms.size).toBe(0);
  });
  test('is not asked for again by a late answer of the list', () => {
    const gone = reduce(loaded, framesOf([last('room.member-left', { userId: me })]));
    expect(gone.needs.rooms.size).toBe(0);
  });
  test('stays away when an answer comes that was asked for before it ended', () => {
    const gone = reduce(loaded, framesOf([last('room.member-removed', { userId: me })]));
    const late = reduce(gone, { type: 'room-loaded', roomId, room: side.room(1, me, 0), pages: [], entered: 0 });
    expect(late.rooms.size).toBe(0);
    expect(reduce(late, { type: 'list-loaded', rooms: [side.room(1, me, 0)], pages: new Map() }).rooms.size).toBe(0);
  });
  test('comes back when one joins again', () => {
    const gone = reduce(loaded, framesOf([last('room.member-removed', { userId: me })]));
    const again = { ...side.room(1, me, 0), n: 9, joinedN: 8 };
    expect(reduce(gone, { type: 'room-loaded', roomId, room: again, pages: [], entered: 0 }).rooms.size).toBe(1);
  });
});
