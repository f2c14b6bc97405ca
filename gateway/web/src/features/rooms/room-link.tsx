import { PencilLine } from 'lucide-react';
import { memo } from 'react';
import { Link } from 'wouter';
import { useWords } from '../../i18n/use-words.ts';
import { usePresence } from '../../sync/chat.tsx';
import { Avatar } from '../../ui/avatar.tsx';
import { RoomIcon } from '../../ui/room-icon.tsx';
import { countLabel, type NamedRoom } from './room-list-model.ts';

type RoomLinkProps = NamedRoom & { readonly open: boolean; readonly draft: boolean };

/** One room in the list: kind or person, name, draft, what is new. */
export const RoomLink = memo(function RoomLink({ room, name, open, draft }: RoomLinkProps) {
  const words = useWords();
  const presence = usePresence(room.partner);
  const state = [
    room.mentions > 0 && words.nav.mentionCount(countLabel(room.mentions)), room.unread > 0 && words.nav.unreadCount(countLabel(room.unread)),
    draft && words.nav.draft, room.partner && words.presence[presence],
  ].filter(Boolean).join(', ');
  return (
    <li>
      <Link href={`/rooms/${room.roomId}`} className={['room-link', room.unread > 0 && 'unread', room.archived && 'archived'].filter(Boolean).join(' ')} aria-current={open ? 'page' : undefined}>
        <span className="room-mark">{room.partner ? <Avatar id={room.partner} name={name} size={20} presence={presence} /> : <RoomIcon kind={room.kind} archived={room.archived} />}</span>
        <bdi className="truncate">{name}</bdi>
        {draft && !open && <PencilLine size={14} className="draft-mark" aria-hidden="true" />}
        {room.mentions > 0 && <span className="badge mention" aria-hidden="true">{room.kind === 'direct' ? '' : '@'}{countLabel(room.mentions)}</span>}
        {room.unread > 0 && room.mentions === 0 && <span className={room.kind === 'direct' ? 'badge mention' : 'badge'} aria-hidden="true">{countLabel(room.unread)}</span>}
        {state && <span className="visually-hidden">, {state}</span>}
      </Link>
    </li>
  );
});
