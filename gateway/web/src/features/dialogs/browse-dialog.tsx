import type { RoomView } from '@parley/contracts/queries/views';
import type { Problem } from '@parley/contracts/problems/codes';
import { Hash } from 'lucide-react';
import { useCallback, useEffect, useId, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { useWords } from '../../i18n/use-words.ts';
import { bestMatches } from '../../lib/hangul.ts';
import { type Chat, useChat, useChatState } from '../../sync/chat.tsx';
import { troubleOf } from '../../sync/trouble.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ProblemLine } from '../../ui/problem.tsx';
import { openDialog } from '../shell/ui-state.ts';
import { useSubmit } from './use-submit.ts';

const pageRooms = 100;
const pagesMax = 10;
const shownMax = 200;

/** Reads page after page, and hands over what is there so far. Rejects with ProblemError. */
async function loadAll(chat: Chat, onRooms: (rooms: readonly RoomView[]) => void): Promise<void> {
  const all: RoomView[] = [];
  let page: string | undefined;
  for (let count = 0; count < pagesMax; count += 1) {
    const { data } = await chat.queries.publicRooms({ limit: pageRooms, ...(page !== undefined && { page }) });
    all.push(...data.rooms);
    onRooms([...all]);
    if (data.next === null) return;
    page = data.next;
  }
}

export function BrowseDialog({ onClose }: { readonly onClose: () => void }) {
  const words = useWords();
  const chat = useChat();
  const id = useId();
  const [rooms, setRooms] = useState<readonly RoomView[]>();
  const [trouble, setTrouble] = useState<Problem>();
  const [query, setQuery] = useState('');
  const again = useCallback(() => {
    loadAll(chat, setRooms).then(() => setTrouble(undefined), (error: unknown) => setTrouble(troubleOf(error)));
  }, [chat]);
  useEffect(again, [again]);
  const shown = useMemo(() => bestMatches(query, rooms ?? [], (room) => [room.name ?? '', room.topic ?? ''], shownMax), [rooms, query]);
  return (
    <Dialog title={words.dialog.browse} onClose={onClose} size="wide">
      <div className="dialog-body">
        <div className="field">
          <label htmlFor={id} className="visually-hidden">{words.dialog.filter}</label>
          <input id={id} type="search" className="input" autoFocus placeholder={words.dialog.filter} onChange={(event) => setQuery(event.target.value)} />
        </div>
        {trouble && <ProblemLine trouble={trouble} onRetry={again} />}
        <ul className="options fixed">
          {shown.map((room) => <PublicRoom key={room.roomId} room={room} onClose={onClose} />)}
          {rooms && shown.length === 0 && <li className="empty">{rooms.length === 0 ? words.dialog.browseNone : words.dialog.switcherNone}</li>}
          {!rooms && !trouble && <li className="empty">{words.room.loading}</li>}
        </ul>
      </div>
      <div className="dialog-foot spread">
        <Button look="ghost" onClick={() => openDialog({ type: 'create-room' })}>{words.nav.newRoom}</Button>
        <Button look="ghost" onClick={onClose}>{words.dialog.close}</Button>
      </div>
    </Dialog>
  );
}

function PublicRoom({ room, onClose }: { readonly room: RoomView; readonly onClose: () => void }) {
  const words = useWords();
  const chat = useChat();
  const [, navigate] = useLocation();
  const joined = useChatState((state) => state.rooms.has(room.roomId));
  const { busy, trouble, submit } = useSubmit();
  const go = (): void => {
    onClose();
    navigate(`/rooms/${room.roomId}`);
  };
  return (
    <li className="option public-room">
      <span className="room-mark"><Hash size={18} aria-hidden="true" /></span>
      <span className="stack">
        <bdi className="truncate"><b>{room.name ?? words.room.unnamed}</b></bdi>
        <span className="truncate">{words.room.members(room.members)}{room.topic && ` · ${room.topic}`}</span>
        {trouble && <ProblemLine trouble={trouble} />}
      </span>
      {joined ? <Button look="outline" size="small" onClick={go}>{words.dialog.openRoom}</Button> : <Button look="primary" size="small" disabled={busy} onClick={() => submit(() => chat.send({ type: 'join-room', roomId: room.roomId }), go)}>{busy ? words.room.joining : words.room.join}</Button>}
    </li>
  );
}
