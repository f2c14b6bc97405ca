import type { RoomEntry } from '@parley/client/state';
import type { Problem } from '@parley/contracts/problems/codes';
import type { MessageView } from '@parley/contracts/queries/views';
import { Pin, PinOff } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useLocale, useWords } from '../../i18n/use-words.ts';
import { shortLabel } from '../../lib/days.ts';
import { mayPin } from '../../lib/permissions.ts';
import { saidAt } from '../../lib/row-layout.ts';
import { useChat, useName } from '../../sync/chat.tsx';
import { troubleOf } from '../../sync/trouble.ts';
import { Avatar, hueStyle } from '../../ui/avatar.tsx';
import { IconButton } from '../../ui/button.tsx';
import { ProblemLine } from '../../ui/problem.tsx';
import { RichText } from '../timeline/rich-text.tsx';
import { attempt, openMessage, showPane } from '../shell/ui-state.ts';
import { useNarrow } from '../shell/media.ts';

/** Pins change with these; the list is asked for again after them. */
const pinning: ReadonlySet<string> = new Set(['message.pinned', 'message.unpinned', 'message.redacted', 'message.edited']);

/** Number of the newest event that may have changed the pins. */
function lastPinning(entry: RoomEntry): number {
  for (const frame of entry.recent.toReversed()) for (const event of frame.events.toReversed()) if (pinning.has(event.type)) return event.n;
  return 0;
}

export function PinsPane({ entry }: { readonly entry: RoomEntry }) {
  const words = useWords();
  const chat = useChat();
  const { roomId } = entry.room;
  const [pins, setPins] = useState<readonly MessageView[]>();
  const [trouble, setTrouble] = useState<Problem>();
  const changed = useMemo(() => lastPinning(entry), [entry]);
  const newest = useRef(0);
  const load = useCallback(() => {
    newest.current += 1;
    const mine = newest.current;
    const after = entry.recent.at(-1)?.cursor;
    chat.queries.pins({ roomId, ...(after !== undefined && { after }) }).then(
      ({ data }) => {
        if (mine !== newest.current) return;
        setTrouble(undefined);
        setPins(data.messages);
      },
      (error: unknown) => mine === newest.current && setTrouble(troubleOf(error)),
    );
    // The newest frame is read when it is called; only a change of pins calls it again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [chat, roomId, changed]);
  useEffect(load, [load]);
  return (
    <div className="pane-body scroll">
      {trouble && <ProblemLine trouble={trouble} onRetry={load} />}
      {pins?.length === 0 && <div className="empty"><Pin size={24} aria-hidden="true" /><p>{words.pane.noPins}</p></div>}
      <ul className="pins">{pins?.map((message) => <PinnedMessage key={message.messageId} message={message} entry={entry} />)}</ul>
    </div>
  );
}

function PinnedMessage({ message, entry }: { readonly message: MessageView; readonly entry: RoomEntry }) {
  const words = useWords();
  const locale = useLocale();
  const chat = useChat();
  const name = useName(message.author);
  const narrow = useNarrow();
  const [, navigate] = useLocation();
  const { roomId } = entry.room;
  const at = saidAt(message);
  const go = (): void => {
    if (narrow) showPane(undefined);
    openMessage(navigate, roomId, message.ordinal);
  };
  return (
    <li className="pin">
      <Avatar id={message.author} name={name} size={24} />
      <div className="pin-body">
        <header>
          <span className="name" style={hueStyle(message.author)}><bdi>{name}</bdi></span>
          <button type="button" className="link-button quiet" onClick={go}><time dateTime={at}>{shortLabel(at, locale)}</time></button>
        </header>
        {message.text !== null && <div className="body"><RichText text={message.text} /></div>}
      </div>
      {mayPin(entry.room) && (
        <IconButton label={words.row.unpin} onClick={() => attempt(chat.send({ type: 'unpin-message', roomId, target: { messageId: message.messageId, n: message.n, seq: message.seq } }))}><PinOff size={16} /></IconButton>
      )}
    </li>
  );
}
