import { Compass, MessageCircle, MessageSquareText, PenLine, Plus, Search } from 'lucide-react';
import { type ReactNode, useId, useRef, useState, useSyncExternalStore } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { draftsOf, watchDrafts } from '../../lib/drafts.ts';
import { useChatState, useMe } from '../../sync/chat.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { Logo } from '../../ui/logo.tsx';
import { Menu } from '../../ui/menu.tsx';
import { openDialog, openSearch, searchKeys } from '../shell/ui-state.ts';
import { AccountBar } from './account-bar.tsx';
import { RoomLink } from './room-link.tsx';
import { inOrder, type NamedRoom, type RoomFilter } from './room-list-model.ts';
import { useRoomSections } from './use-room-list.ts';

const filters: readonly RoomFilter[] = ['all', 'unread', 'mentions', 'direct'];

export function Sidebar({ openId, edge }: { readonly openId: string | undefined; /** What makes it wider. */ readonly edge?: ReactNode }) {
  const words = useWords();
  const { sections, filter, setFilter } = useRoomSections(openId);
  const loaded = useChatState((state) => state.loaded);
  const labels: Readonly<Record<RoomFilter, string>> = { all: words.nav.all, unread: words.nav.unread, mentions: words.nav.mentions, direct: words.nav.directTab };
  return (
    <nav className="sidebar" aria-label={words.nav.rooms}>
      <SidebarHead />
      <div className="filters" role="group" aria-label={words.nav.rooms}>
        {filters.map((one) => (
          <button key={one} type="button" className="filter" aria-pressed={filter === one} onClick={() => setFilter(one)}>{labels[one]}</button>
        ))}
      </div>
      <div className="room-lists scroll">
        <Section title={words.nav.rooms} rooms={sections.rooms} openId={openId} />
        <Section title={words.nav.direct} rooms={sections.direct} openId={openId} />
        {filter === 'all' && <Section title={words.nav.archived} rooms={sections.archived} openId={openId} />}
        {loaded && inOrder(sections).length === 0 && <Nothing filter={filter} />}
        {!loaded && <ListSkeleton />}
      </div>
      <AccountBar openId={openId} />
      {edge}
    </nav>
  );
}

function SidebarHead() {
  const words = useWords();
  const plus = useRef<HTMLButtonElement>(null);
  const [menu, setMenu] = useState(false);
  return (
    <header className="sidebar-head">
      <div className="brand"><Logo size={22} /><span>{words.appName}</span></div>
      <IconButton label={words.search.title} shortcut={searchKeys} onClick={openSearch}><MessageSquareText size={17} /></IconButton>
      <button ref={plus} type="button" className="icon-button" aria-label={words.nav.addRoom} title={words.nav.addRoom} aria-haspopup="menu" aria-expanded={menu} onClick={() => setMenu(true)}>
        <Plus size={18} />
      </button>
      <button type="button" className="finder" onClick={() => openDialog({ type: 'switcher' })}>
        <Search size={15} aria-hidden="true" />
        <span className="truncate">{words.nav.search}</span>
        <kbd aria-hidden="true">{/Mac|iPhone|iPad/u.test(navigator.userAgent) ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      {menu && (
        <Menu
          anchor={plus} label={words.nav.addRoom} onClose={() => setMenu(false)}
          items={[
            { id: 'browse', label: words.nav.browse, icon: <Compass size={16} />, onSelect: () => openDialog({ type: 'browse' }) },
            { id: 'create', label: words.nav.newRoom, icon: <PenLine size={16} />, onSelect: () => openDialog({ type: 'create-room' }) },
            { id: 'direct', label: words.nav.newDirect, icon: <MessageCircle size={16} />, onSelect: () => openDialog({ type: 'direct' }) },
          ]}
        />
      )}
    </header>
  );
}

function Section({ title, rooms, openId }: { readonly title: string; readonly rooms: readonly NamedRoom[]; readonly openId: string | undefined }) {
  const heading = useId();
  const me = useMe();
  const drafts = useSyncExternalStore(watchDrafts, () => draftsOf(me));
  if (rooms.length === 0) return null;
  return (
    <section aria-labelledby={heading}>
      <h2 id={heading}>{title}</h2>
      <ul>
        {rooms.map(({ room, name }) => <RoomLink key={room.roomId} room={room} name={name} open={room.roomId === openId} draft={drafts[room.roomId] !== undefined} />)}
      </ul>
    </section>
  );
}

function Nothing({ filter }: { readonly filter: RoomFilter }) {
  const words = useWords();
  const text = { all: words.nav.nothing, unread: words.nav.nothingUnread, mentions: words.nav.nothingMentioned, direct: words.nav.nothingDirect }[filter];
  return (
    <div className="empty">
      <p>{text}</p>
      {filter === 'all' && <Button look="outline" onClick={() => openDialog({ type: 'browse' })}>{words.nav.browse}</Button>}
      {filter === 'direct' && <Button look="outline" onClick={() => openDialog({ type: 'direct' })}>{words.nav.newDirect}</Button>}
    </div>
  );
}

function ListSkeleton() {
  return (
    <div className="list-skeleton delayed" aria-hidden="true">
      {[62, 44, 71, 53, 38].map((width) => <div key={width} className="skeleton" style={{ width: `${width}%` }} />)}
    </div>
  );
}

export function OpenSidebar({ onOpen, label }: { readonly onOpen: () => void; readonly label: string }) {
  return <IconButton label={label} onClick={onOpen}><MenuGlyph /></IconButton>;
}

const MenuGlyph = () => <svg width="18" height="18" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" aria-hidden="true"><path d="M4 7h16M4 12h16M4 17h10" /></svg>;
