import type { PendingMessage, ShownMessage } from '@parley/client/optimistic';
import type { NoteView } from '@parley/contracts/queries/views';
import { Pin } from 'lucide-react';
import { memo, type ReactNode, useRef, useState } from 'react';
import { useLocale, useWords } from '../../i18n/use-words.ts';
import { dayKey, fullLabel, timeLabel } from '../../lib/days.ts';
import { type RowLayout, saidAt } from '../../lib/row-layout.ts';
import { useMe, useName } from '../../sync/chat.tsx';
import { Avatar, hueStyle } from '../../ui/avatar.tsx';
import { useMessageActions } from './actions.ts';
import { DayDivider, UnreadDivider } from './dividers.tsx';
import { MessageBody } from './message-body.tsx';
import { Failed, SendingClock, stateLabel } from './message-state.tsx';
import { Notes } from './notes.tsx';
import { Reactions } from './reactions.tsx';
import { ReplyQuote } from './reply-quote.tsx';
import { RowToolbar } from './row-toolbar.tsx';

const longPressMs = 450;
const movedPxMax = 8;

export type MessageRowProps = RowLayout & {
  readonly message: ShownMessage;
  readonly pending: PendingMessage | undefined;
  readonly notes: readonly NoteView[];
  readonly index: number;
  readonly setSize: number;
  readonly focusable: boolean;
  readonly writable: boolean;
  readonly dividerCleared: boolean;
  readonly look: 'flash' | 'editing' | undefined;
};

/** One message with what stands above it. The element's key is the command's id, before and after it is in the log. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, notes, day, unread, dividerCleared } = props;
  const messageDay = day ? dayKey(saidAt(message)) : '';
  // Changes of the day before stand above the line that ends it.
  const before = day ? notes.filter((note) => dayKey(note.at) < messageDay) : [];
  const after = day ? notes.filter((note) => dayKey(note.at) >= messageDay) : notes;
  return (
    <>
      {before.length > 0 && <Notes notes={before} />}
      {day && <DayDivider at={saidAt(message)} />}
      {after.length > 0 && <Notes notes={after} />}
      {unread && <UnreadDivider cleared={dividerCleared} />}
      <Article {...props} />
    </>
  );
}, sameRow);

function sameRow(a: MessageRowProps, b: MessageRowProps): boolean {
  return (Object.keys(a) as (keyof MessageRowProps)[]).every((key) => key === 'notes' || key === 'pending' || a[key] === b[key]) &&
    a.pending?.state === b.pending?.state && a.pending?.problem === b.pending?.problem &&
    a.notes.length === b.notes.length && a.notes.every((note, index) => note === b.notes[index]);
}

function Article({ message, pending, index, setSize, focusable, writable, grouped, look }: MessageRowProps) {
  const words = useWords();
  const locale = useLocale();
  const me = useMe();
  const name = useName(message.author);
  const actions = useMessageActions();
  const [active, setActive] = useState(false);
  const own = message.author === me;
  const at = saidAt(message);
  const mentioned = (message.mentions as readonly string[]).includes(me) && message.state === 'shown';
  const press = useLongPress((anchor) => actions.openMenu(message, anchor));
  const failed = pending?.state === 'failed';
  const key = pending?.key ?? message.messageId;
  return (
    <article
      className={['row', grouped ? 'grouped' : 'headed', message.replyTo && 'replying', mentioned && 'mentioned', look, failed && 'is-failed', pending && 'is-pending'].filter(Boolean).join(' ')}
      aria-posinset={index + 1} aria-setsize={setSize} aria-label={words.row.label(name, fullLabel(at, locale), stateLabel(message, pending, words))} aria-describedby={`text-${key}`}
      tabIndex={focusable ? 0 : -1} data-index={index} data-message={key} data-ordinal={pending ? undefined : message.ordinal}
      onPointerEnter={(event) => event.pointerType === 'mouse' && setActive(true)} onPointerLeave={() => setActive(false)}
      onFocus={(event) => event.target.matches(':focus-visible') && setActive(true)} onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setActive(false)}
      {...press}
    >
      <div className="gutter">
        {grouped ? <Time at={at} /> : <Avatar id={message.author} name={name} />}
      </div>
      <div className="content">
        {message.replyTo && <ReplyQuote roomId={message.roomId} target={message.replyTo} />}
        {!grouped && (
          <header>
            <span className="name" style={hueStyle(message.author)}><bdi>{name}</bdi></span>
            <Time at={at} />
            {message.pinned && <Badge label={words.row.pinned}><Pin size={12} /></Badge>}
          </header>
        )}
        <div className="body-line">
          <MessageBody message={message} id={key} />
          {((pending && !failed) || message.pending) && <SendingClock />}
        </div>
        {failed && pending && <Failed entryKey={pending.key} text={pending.text} problem={pending.problem} edited={false} />}
        {message.failedEdit && <Failed entryKey={message.failedEdit.key} text={message.failedEdit.text} problem={message.failedEdit.problem} edited />}
        {message.reactions.length > 0 && <Reactions message={message} />}
      </div>
      {grouped && message.pinned && <span className="pin-corner"><Badge label={words.row.pinned}><Pin size={12} /></Badge></span>}
      {active && !pending && <RowToolbar message={message} own={own} writable={writable} />}
    </article>
  );
}

function Time({ at }: { readonly at: string }) {
  const locale = useLocale();
  return <time dateTime={at} title={fullLabel(at, locale)}>{timeLabel(at, locale)}</time>;
}

const Badge = ({ label, children }: { readonly label: string; readonly children: ReactNode }) => <span className="row-badge" role="img" aria-label={label} title={label}>{children}</span>;

/** A finger that rests opens what a pointer finds by hovering. */
function useLongPress(run: (anchor: DOMRect) => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const start = useRef({ x: 0, y: 0 });
  const stop = (): void => clearTimeout(timer.current);
  return {
    onPointerDown: (event: React.PointerEvent<HTMLElement>) => {
      if (event.pointerType !== 'touch') return;
      start.current = { x: event.clientX, y: event.clientY };
      const anchor = new DOMRect(event.clientX, event.clientY, 0, 0);
      stop();
      timer.current = setTimeout(() => run(anchor), longPressMs);
    },
    onPointerMove: (event: React.PointerEvent<HTMLElement>) => {
      if (Math.hypot(event.clientX - start.current.x, event.clientY - start.current.y) > movedPxMax) stop();
    },
    onPointerUp: stop,
    onPointerCancel: stop,
  };
}
