import type { RoomView } from '@parley/contracts/queries/views';
import type { Problem } from '@parley/contracts/problems/codes';
import { ArrowLeft, DoorOpen } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { useWords } from '../../i18n/use-words.ts';
import { shownName } from '../../lib/names.ts';
import { useChat } from '../../sync/chat.tsx';
import { troubleOf } from '../../sync/trouble.ts';
import { Button } from '../../ui/button.tsx';
import { ProblemLine } from '../../ui/problem.tsx';
import { RoomIcon } from '../../ui/room-icon.tsx';
import { useSubmit } from '../dialogs/use-submit.ts';
import { RoomLoading } from '../timeline/room-loading.tsx';

const settlingMs = 400;

/** A room that is not mine: a public one can be joined, of any other nothing is said. */
export function RoomGate({ roomId, loaded }: { readonly roomId: string; readonly loaded: boolean }) {
  const words = useWords();
  const chat = useChat();
  const [, navigate] = useLocation();
  const [room, setRoom] = useState<RoomView | null>();
  const [trouble, setTrouble] = useState<Problem>();
  const joining = useSubmit();
  const look = useCallback(() => {
    chat.queries.room({ roomId }).then(({ data }) => {
      setTrouble(undefined);
      setRoom(data);
    }, (error: unknown) => {
      const refused = troubleOf(error);
      if (refused.status === 404 || refused.status === 403 || refused.status === 422) setRoom(null);
      else setTrouble(refused);
    });
  }, [chat, roomId]);
  useEffect(() => {
    if (loaded) look();
  }, [loaded, look]);
  const settling = room !== undefined && room !== null && 'role' in room && Boolean(room.role);
  useEffect(() => {
    if (!settling) return;
    // Mine by the answer and not by the list: one of them is a moment behind, and the next look tells which.
    const timer = setInterval(look, settlingMs);
    return () => clearInterval(timer);
  }, [settling, look]);
  // A room that has just become mine is on its way into the list.
  if (!loaded || (room === undefined && !trouble) || settling) return <RoomLoading opening={{ phase: 'loading' }} onRetry={look} />;
  const name = room ? shownName(room.name ?? words.room.unnamed) : '';
  return (
    <div className="nothing-open">
      <div className="empty">
        {trouble && <ProblemLine trouble={trouble} onRetry={look} />}
        {room && (
          <>
            <span className="avatar room-avatar" style={{ '--size': '56px' } as React.CSSProperties}><RoomIcon kind={room.kind} archived={room.archived} size={26} /></span>
            <h2><bdi>{name}</bdi></h2>
            {room.topic && <p dir="auto" className="intro-topic">{room.topic}</p>}
            <p>{words.room.members(room.members)}</p>
            {joining.trouble && <ProblemLine trouble={joining.trouble} />}
            <Button look="primary" size="large" disabled={joining.busy} onClick={() => joining.submit(() => chat.send({ type: 'join-room', roomId }))}><DoorOpen size={18} aria-hidden="true" />{joining.busy ? words.room.joining : words.room.join}</Button>
          </>
        )}
        {room === null && (
          <>
            <h2>{words.room.gone}</h2>
            <p>{words.error.roomMissing}</p>
            {joining.trouble && <ProblemLine trouble={joining.trouble} />}
            <Button look="outline" disabled={joining.busy} onClick={() => joining.submit(() => chat.send({ type: 'join-room', roomId }))}><DoorOpen size={16} aria-hidden="true" />{joining.busy ? words.room.joining : words.room.invited}</Button>
          </>
        )}
        <Button look="ghost" onClick={() => navigate('/')}><ArrowLeft size={16} aria-hidden="true" />{words.nav.back}</Button>
      </div>
    </div>
  );
}
