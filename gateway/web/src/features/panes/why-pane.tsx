import { unreadMax, type RoomEntry } from '@parley/client/state';
import type { Problem } from '@parley/contracts/problems/codes';
import type { MessageView } from '@parley/contracts/queries/views';
import { CircleCheck, CircleHelp } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { useLocale, useWords } from '../../i18n/use-words.ts';
import { shortLabel } from '../../lib/days.ts';
import { plainText } from '../../lib/markdown.ts';
import { saidAt } from '../../lib/row-layout.ts';
import { useChat, useMe, useName, useNames } from '../../sync/chat.tsx';
import { troubleOf } from '../../sync/trouble.ts';
import { Button } from '../../ui/button.tsx';
import { ProblemLine } from '../../ui/problem.tsx';
import { enteredWith } from '../shell/entered.ts';
import { useNarrow } from '../shell/media.ts';
import { openMessage, showPane } from '../shell/ui-state.ts';
import { accountOf } from './why-model.ts';

const loadedMax = 1_200;
const pageOrdinals = 100;
const textCharsMax = 120;

/** What the service itself counts now. */
type Recount = { readonly unread: number; readonly marker: number };

/** Why a room was unread when it was entered: every counted message with its number, the marker, the sum, and the service's own count. */
export function WhyPane({ entry }: { readonly entry: RoomEntry }) {
  const words = useWords();
  const chat = useChat();
  const me = useMe();
  const { roomId } = entry.room;
  const entered = enteredWith(chat, roomId) ?? { marker: entry.room.marker, unread: entry.room.unread };
  const account = useMemo(() => accountOf(entry, me, entered.marker), [entry, me, entered.marker]);
  const [trouble, setTrouble] = useState<Problem>();
  const [recount, setRecount] = useState<Recount>();
  const load = useCallback(() => {
    loadAbove(chat, roomId, entered.marker).then(() => setTrouble(undefined), (error: unknown) => setTrouble(troubleOf(error)));
  }, [chat, roomId, entered.marker]);
  useEffect(load, [load]);
  const count = useCallback(() => {
    chat.queries.room({ roomId }).then(({ data }) => {
      setTrouble(undefined);
      if ('unread' in data) setRecount({ unread: data.unread, marker: data.marker });
    }, (error: unknown) => setTrouble(troubleOf(error)));
  }, [chat, roomId]);
  useEffect(count, [count]);
  const here = useMemo(() => (recount ? accountOf(entry, me, recount.marker) : undefined), [entry, me, recount]);
  const agree = recount && here && here.missing === 0 && Math.min(unreadMax, here.counted.length) === recount.unread;
  return (
    <div className="pane-body scroll why">
      {trouble && <ProblemLine trouble={trouble} onRetry={load} />}
      <p className="why-sum">{words.why.sum(account.last, account.read, account.own, account.deleted, account.counted.length)}</p>
      <p className="quiet">{words.why.entered(entered.unread)} {words.why.marker(entered.marker)} {words.why.rule}</p>
      {account.missing > 0 && !trouble && <p className="quiet">{words.why.missing(account.missing)}</p>}
      {account.counted.length === 0 && account.missing === 0 && <div className="empty"><CircleCheck size={24} aria-hidden="true" /><p>{words.why.nothing}</p></div>}
      <ol className="why-list">{account.counted.slice(-unreadMax).map((message) => <Counted key={message.messageId} message={message} />)}</ol>
      <div className="why-now">
        {agree === true && <CircleCheck size={16} aria-hidden="true" />}
        {agree === false && <CircleHelp size={16} aria-hidden="true" />}
        <span role="status">{recount && here && words.why.now(recount.unread, here.counted.length)}</span>
        <Button look="outline" size="small" onClick={count}>{words.why.recount}</Button>
      </div>
    </div>
  );
}

function Counted({ message }: { readonly message: MessageView }) {
  const words = useWords();
  const locale = useLocale();
  const me = useMe();
  const nameOf = useNames();
  const name = useName(message.author);
  const narrow = useNarrow();
  const [, navigate] = useLocation();
  const mentioned = (message.mentions as readonly string[]).includes(me);
  const jump = (): void => {
    if (narrow) showPane(undefined);
    openMessage(navigate, message.roomId, message.ordinal);
  };
  return (
    <li>
      <button type="button" className="why-message" onClick={jump}>
        <span className="quiet">{message.ordinal.toLocaleString(locale)} · #{message.n}</span>
        <span className="truncate" dir="auto"><b><bdi>{name}</bdi></b> {plainText(message.text ?? '', (id) => `@${nameOf(id)}`).slice(0, textCharsMax)}</span>
        <span className="quiet">{mentioned ? words.why.mention : words.why.all} · {shortLabel(saidAt(message), locale)}</span>
      </button>
    </li>
  );
}

/** Loads the newest pages down to the marker. Rejects with ProblemError. */
async function loadAbove(chat: ReturnType<typeof useChat>, roomId: string, marker: number): Promise<void> {
  const newest = chat.state.getSnapshot().rooms.get(roomId)?.room.ordinal ?? 0;
  for (let to = newest; to > Math.max(0, newest - loadedMax);) {
    const entry = chat.state.getSnapshot().rooms.get(roomId);
    if (!entry || accountOf(entry, '', marker).missing === 0) return;
    const from = Math.max(1, entry.room.firstOrdinal, to - ((to - 1) % pageOrdinals));
    await chat.rooms.load(roomId, from, to);
    to = from - 1;
  }
}
