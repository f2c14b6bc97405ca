import { Search } from 'lucide-react';
import { type KeyboardEvent, useId, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { useWords } from '../../i18n/use-words.ts';
import { inComposition } from '../../lib/composing.ts';
import { bestMatches } from '../../lib/hangul.ts';
import { shownName } from '../../lib/names.ts';
import { useChat } from '../../sync/chat.tsx';
import { Avatar } from '../../ui/avatar.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { RoomIcon } from '../../ui/room-icon.tsx';
import { countLabel, type NamedRoom } from '../rooms/room-list-model.ts';
import { useNamedRooms } from '../rooms/use-room-list.ts';
import { attempt } from '../shell/ui-state.ts';
import { searchFor } from '../search/search-for.ts';
import { openDirect } from './open-direct.ts';
import { usePeopleSearch } from './use-people-search.ts';

const roomsMax = 12;
const peopleMax = 6;
type Found = { readonly type: 'words' } | { readonly type: 'room'; readonly named: NamedRoom } | { readonly type: 'person'; readonly userId: string; readonly name: string };

const intoView = (element: HTMLElement | null): void => {
  element?.scrollIntoView({ block: 'nearest' });
};

const newsFirst = (a: NamedRoom, b: NamedRoom): number => {
  const weight = ({ room }: NamedRoom): number => (room.mentions > 0 ? 2 : room.unread > 0 ? 1 : 0);
  return weight(b) - weight(a) || ((a.room.last?.at ?? a.room.createdAt) < (b.room.last?.at ?? b.room.createdAt) ? 1 : -1);
};

/** Ctrl+K: any room or person by a few letters, jamo or initials; what is new comes first. */
export function Switcher({ onClose }: { readonly onClose: () => void }) {
  const words = useWords();
  const chat = useChat();
  const [, navigate] = useLocation();
  const id = useId();
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const rooms = useNamedRooms();
  const { people } = usePeopleSearch(query);
  const found = useMemo((): readonly Found[] => {
    const matching = bestMatches(query, rooms.toSorted(newsFirst), ({ name }) => [name], roomsMax);
    const met = new Set(rooms.map(({ room }) => room.partner as string | null));
    const others = query.trim() === '' ? [] : people.filter((user) => !met.has(user.userId)).slice(0, peopleMax);
    return [...matching.map((named): Found => ({ type: 'room', named })), ...others.map((user): Found => ({ type: 'person', userId: user.userId, name: shownName(user.name ?? '') })), ...(query.trim() === '' ? [] : [{ type: 'words' } as const])];
  }, [query, rooms, people]);

  const choose = (one: Found | undefined): void => {
    if (!one) return;
    onClose();
    if (one.type === 'words') searchFor(query.trim());
    else if (one.type === 'room') navigate(`/rooms/${one.named.room.roomId}`);
    else attempt(openDirect(chat, one.userId).then((roomId) => navigate(`/rooms/${roomId}`)));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    // The Enter and the arrows of an input method are its own.
    if (inComposition(event.nativeEvent)) return;
    if (event.key === 'ArrowDown') setActive((now) => (now + 1) % Math.max(1, found.length));
    else if (event.key === 'ArrowUp') setActive((now) => (now - 1 + found.length) % Math.max(1, found.length));
    else if (event.key === 'Enter') choose(found[active]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={words.dialog.switcher} onClose={onClose} plain>
      <div className="switcher">
        <input
          className="switcher-input" autoFocus type="text" autoComplete="off" spellCheck={false} placeholder={words.dialog.switcherHint} role="combobox" aria-label={words.dialog.switcherHint}
          aria-expanded aria-controls={id} aria-activedescendant={found.length > 0 ? `${id}-${active}` : undefined} onKeyDown={onKeyDown}
          onChange={(event) => {
            setQuery(event.target.value);
            setActive(0);
          }}
        />
        <div id={id} role="listbox" aria-label={words.dialog.switcher} className="switcher-list scroll">
          {found.map((one, index) => (
            <div
              key={one.type === 'room' ? one.named.room.roomId : one.type === 'words' ? 'words' : one.userId} id={`${id}-${index}`} role="option" aria-selected={index === active} className="option" ref={index === active ? intoView : undefined}
              onPointerMove={() => setActive(index)} onClick={() => choose(one)}
            >
              {one.type === 'words' ? <><span className="room-mark"><Search size={16} aria-hidden="true" /></span><span className="truncate">{words.search.forWords(query.trim())}</span></> : one.type === 'room' ? <RoomLine named={one.named} /> : <><Avatar id={one.userId} name={one.name} size={24} /><bdi className="truncate">{one.name}</bdi></>}
            </div>
          ))}
          {found.length === 0 && <p className="empty">{words.dialog.switcherNone}</p>}
        </div>
      </div>
    </Dialog>
  );
}

function RoomLine({ named: { room, name } }: { readonly named: NamedRoom }) {
  return (
    <>
      <span className="room-mark">{room.partner ? <Avatar id={room.partner} name={name} size={24} /> : <RoomIcon kind={room.kind} archived={room.archived} />}</span>
      <bdi className="truncate grow">{name}</bdi>
      {room.unread > 0 && <span className={room.mentions > 0 ? 'badge mention' : 'badge'}>{countLabel(room.mentions > 0 ? room.mentions : room.unread)}</span>}
    </>
  );
}
