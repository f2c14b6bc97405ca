import type { StoredEvent } from '@parley/contracts/envelope/commit';
import { messageEdited, messageRedacted } from '@parley/contracts/messages/events';
import { roomDeleted } from '@parley/contracts/rooms/events';
import { foldRoomCommit } from '@parley/projectors/projections/conversations/fold';
import { type ConversationRows, emptyRows, type MessageRow, type RoomRow, type StayRow } from '@parley/projectors/projections/conversations/rows';
import type { Point } from '../log/point.ts';

/** A commit of a room, its events in their newest shape, content still sealed. */
export type RoomCommit = { readonly seq: number; readonly id: string; readonly n: number; readonly at: string; readonly events: readonly StoredEvent[] };

/** An event that proves something. */
export type Mark = { readonly n: number; readonly at: string; readonly type: string; readonly by: string };

/**
 * Folds a room's log up to a point by the projection's own fold, and keeps what later events did to what was there.
 * Nothing is opened: in place of each text the rows hold the number of the event that said it, so whoever shows a
 * text opens that one, and only that. Takes the room's commits in order, to the head.
 */
export class RoomFold {
  readonly #until: Point;
  readonly rows: ConversationRows = emptyRows();
  /** Redactions by the number of the redacted message; edits likewise, in order. Both of the whole log. */
  readonly redactions = new Map<number, Mark>();
  readonly edits = new Map<number, Mark[]>();
  /** The deletion of the room, whenever it was. */
  deletion: Mark | undefined;
  /** Last event at or before the point; number 0 if there is none. */
  end: { readonly n: number; readonly at: string } = { n: 0, at: '' };
  /** Last event of the log, and the sequence of its commit. */
  head: { readonly n: number; readonly at: string; readonly seq: number } = { n: 0, at: '', seq: 0 };

  constructor(until: Point = { n: Number.MAX_SAFE_INTEGER }) {
    this.#until = until;
  }

  take(commit: RoomCommit): void {
    const { id, seq, n, at, events } = commit;
    for (const [index, event] of events.entries()) this.#note(event, { n: n + index, at, type: event.type, by: event.by });
    const within = 'n' in this.#until ? events.slice(0, Math.max(0, this.#until.n - n + 1)) : Date.parse(at) <= this.#until.atMs ? events : [];
    if (within.length > 0) {
      const opened = within.map(({ type, by, commandId, data, sealed }, index) => ({ type, n: n + index, by, commandId, data, ...(sealed && { content: pointerTo(n + index) }) }));
      foldRoomCommit(this.rows, { seq, kind: 'room', id, n, at, prev: '', hash: '', events: opened });
      this.end = { n: n + within.length - 1, at };
    }
    this.head = { n: n + events.length - 1, at, seq };
  }

  #note({ type, data }: StoredEvent, mark: Mark): void {
    if (type === roomDeleted.type) this.deletion ??= mark;
    if (type !== messageRedacted.type && type !== messageEdited.type) return;
    const target = data['targetN'] as number;
    if (type === messageEdited.type) this.edits.set(target, [...(this.edits.get(target) ?? []), mark]);
    else if (!this.redactions.has(target)) this.redactions.set(target, mark);
  }

  /** The room as folded; undefined if it was not made by then. */
  get room(): RoomRow | undefined {
    return this.rows.rooms.values().next().value;
  }

  /** Messages in order. */
  messages(): MessageRow[] {
    return [...this.rows.messages.values()];
  }

  /** Every stay of every person, in the order of joining. */
  stays(): StayRow[] {
    return [...this.rows.changedStays];
  }

  /** A message by its id or the number of the event that posted it. */
  message(ref: string | number): MessageRow | undefined {
    return this.messages().find(({ n, message_id }) => (typeof ref === 'number' ? n === ref : message_id === ref));
  }
}

/** In the place of every text an event may hold: its own number. */
const pointerTo = (n: number): Readonly<Record<string, unknown>> => ({ text: String(n), name: String(n), topic: String(n) });
