import { Hash, MessageSquare } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useWords } from '../../i18n/use-words.ts';
import type { OwnPlace } from '../../lib/own-place.ts';
import { useChatState, useRoomName } from '../../sync/chat.tsx';

/** A link to a room or message here: it names the room and opens it in this page. A room that is not mine keeps what was written. */
export function OwnLink({ place: { roomId, ordinal }, bare, children }: { readonly place: OwnPlace; /** The label is the address itself. */ readonly bare: boolean; readonly children: ReactNode }) {
  const words = useWords();
  const mine = useChatState((state) => state.rooms.has(roomId));
  const name = useRoomName(roomId);
  const to = `/rooms/${roomId}${ordinal === undefined ? '' : `/${ordinal}`}`;
  if (!mine) return <Link href={to}>{children}</Link>;
  return (
    <Link href={to} className="own-link" title={ordinal === undefined ? name : words.row.messageIn(name)}>
      {ordinal === undefined ? <Hash size={13} aria-hidden="true" /> : <MessageSquare size={13} aria-hidden="true" />}
      {bare ? <bdi>{name}</bdi> : children}
      {bare && ordinal !== undefined && <span className="quiet"> {ordinal.toLocaleString()}</span>}
    </Link>
  );
}
