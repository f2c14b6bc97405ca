import { type PendingMessage, type ShownMessage, withPending } from '@parley/client/optimistic';
import { messageOf, notesAfter } from '@parley/client/selectors';
import type { MessageView, NoteView } from '@parley/contracts/queries/views';
import { layoutRow } from '../../lib/row-layout.ts';
import { MessageRow } from './message-row.tsx';
import { Notes } from './notes.tsx';
import { RoomIntro } from './room-intro.tsx';
import type { TimelineModel } from './use-timeline-model.ts';

type Props = {
  readonly model: TimelineModel; readonly index: number; readonly focusable: boolean; readonly unreadOrdinal: number | undefined; readonly dividerCleared: boolean;
  readonly flash: string | undefined; readonly editing: string | undefined;
};
const noNotes: readonly NoteView[] = [];

/** What stands at an index: a message, one that is not loaded yet, one on its way, or the end. */
export function TimelineRow({ model, index, focusable, unreadOrdinal, dividerCleared, flash, editing }: Props) {
  const { entry, first, rows, pending, me } = model;
  if (!entry) return <div className="row-unloaded" />;
  const intro = index === 0 && <RoomIntro room={entry.room} empty={rows + pending.length === 0 && !isEvent(entry)} />;
  if (index >= rows + pending.length) return <>{intro}<End model={model} /></>;
  const waiting = index >= rows ? pending[index - rows] : undefined;
  const message = waiting ? drawn(waiting, model) : messageOf(entry, first + index);
  if (!message) return <>{intro}<Unloaded /></>;
  const previous = index === 0 ? undefined : messageBefore(model, index);
  const notes = waiting && index > rows ? noNotes : notesAfter(entry, first + index - 1);
  const layout = layoutRow(message, previous, { first: index === 0, notes, unreadOrdinal: waiting ? undefined : unreadOrdinal });
  const shown: ShownMessage = model.changes.length === 0 || waiting ? message : withPending(message, model.changes, me);
  return (
    <>
      {intro}
      <MessageRow
        {...layout} message={shown} pending={waiting} notes={notes} index={index} setSize={rows + pending.length} focusable={focusable} writable={model.writable}
        dividerCleared={dividerCleared} look={flash === message.messageId ? 'flash' : editing === message.messageId ? 'editing' : undefined}
      />
    </>
  );
}

const isEvent = (entry: NonNullable<TimelineModel['entry']>): boolean => notesAfter(entry, entry.room.ordinal).length > 1;

function messageBefore(model: TimelineModel, index: number): MessageView | undefined {
  const { entry, first, rows, pending } = model;
  if (index <= rows) return entry && messageOf(entry, first + index - 1);
  const waiting = pending[index - rows - 1];
  return waiting && drawn(waiting, model);
}

const drawnMax = 300;
const drawnRows = new Map<string, MessageView>();

/** A message on its way, in the shape of one in the log. The same object for the same entry, so that its row rests. */
function drawn(waiting: PendingMessage, model: TimelineModel): MessageView {
  const known = drawnRows.get(waiting.key);
  if (known && known.text === waiting.text) return known;
  const at = new Date(waiting.createdAtMs).toISOString();
  const message = {
    roomId: model.roomId, messageId: waiting.key, n: 0, seq: 0, ordinal: 0, author: model.me, at, sentAt: null, state: 'shown', text: waiting.text, revision: 0,
    editedAt: null, replyTo: waiting.replyTo, hasLink: false, mentions: [], reactions: [], pinned: false,
  } as unknown as MessageView;
  if (drawnRows.size >= drawnMax) drawnRows.clear();
  drawnRows.set(waiting.key, message);
  return message;
}

function Unloaded() {
  return (
    <div className="row-unloaded" aria-hidden="true">
      <div className="skeleton" />
      <div><div className="skeleton" /><div className="skeleton" /></div>
    </div>
  );
}

function End({ model }: { readonly model: TimelineModel }) {
  const notes = model.entry && model.pending.length === 0 ? notesAfter(model.entry, model.last) : noNotes;
  return <div className="row-end">{notes.length > 0 && <Notes notes={notes} />}</div>;
}
