import type { MyRoomView } from '@parley/contracts/queries/views';
import { Archive, ArchiveRestore, ArrowLeft, CircleHelp, Link2, LogOut, MoreVertical, PenLine, Pin, Search, Tag, Trash2, UserPlus, Users } from 'lucide-react';
import { useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useWords } from '../../i18n/use-words.ts';
import { mayArchive, mayChangeRoom, mayDelete, mayInvite, mayLeave } from '../../lib/permissions.ts';
import { usePresence, useRoomName } from '../../sync/chat.tsx';
import { Avatar } from '../../ui/avatar.tsx';
import { IconButton } from '../../ui/button.tsx';
import { Menu, type MenuItem } from '../../ui/menu.tsx';
import { RoomIcon } from '../../ui/room-icon.tsx';
import { OpenSidebar } from '../rooms/sidebar.tsx';
import { useRoomCommands } from '../dialogs/use-room-commands.ts';
import { useDrawer, useNarrow } from '../shell/media.ts';
import { attempt, notify, openDialog, openSearch, searchKeys, setDrawer, showPane, togglePane, useUi } from '../shell/ui-state.ts';

export function RoomHeader({ room }: { readonly room: MyRoomView }) {
  const words = useWords();
  const name = useRoomName(room.roomId);
  const presence = usePresence(room.partner);
  const pane = useUi((state) => state.pane);
  const narrow = useNarrow();
  const drawer = useDrawer();
  const [, navigate] = useLocation();
  const more = useRef<HTMLButtonElement>(null);
  const [menu, setMenu] = useState(false);
  const items = useRoomMenu(room);
  return (
    <header className="room-header">
      {narrow && <IconButton label={words.nav.back} onClick={() => navigate('/')}><ArrowLeft size={20} /></IconButton>}
      {drawer && <OpenSidebar label={words.nav.open} onOpen={() => setDrawer(true)} />}
      <span className="room-mark large">{room.partner ? <Avatar id={room.partner} name={name} size={28} presence={presence} /> : <RoomIcon kind={room.kind} archived={room.archived} size={18} />}</span>
      <div className="room-title">
        <h1 tabIndex={-1} className="truncate"><bdi>{name}</bdi></h1>
        {room.kind === 'direct' ? <span className="topic truncate">{words.presence[presence]}</span> : room.topic && <span className="topic truncate" dir="auto" title={room.topic}>{room.topic}</span>}
      </div>
      <div className="room-tools">
        {room.kind !== 'direct' && (
          <button type="button" className="icon-button counted" aria-pressed={pane === 'members'} title={words.room.members(room.members)} onClick={() => togglePane('members')}>
            <Users size={17} aria-hidden="true" /><span aria-hidden="true">{room.members.toLocaleString()}</span><span className="visually-hidden">{words.room.members(room.members)}</span>
          </button>
        )}
        <IconButton label={words.search.title} shortcut={searchKeys} aria-pressed={pane === 'search'} onClick={() => (pane === 'search' ? togglePane('search') : openSearch())}><Search size={17} /></IconButton>
        <IconButton label={words.room.pins} aria-pressed={pane === 'pins'} onClick={() => togglePane('pins')}><Pin size={17} /></IconButton>
        <button ref={more} type="button" className="icon-button" aria-label={words.room.more} title={words.room.more} aria-haspopup="menu" aria-expanded={menu} onClick={() => setMenu(true)}><MoreVertical size={17} /></button>
      </div>
      {menu && <Menu anchor={more} label={words.room.more} items={items} onClose={() => setMenu(false)} />}
    </header>
  );
}

function useRoomMenu(room: MyRoomView): readonly MenuItem[] {
  const words = useWords();
  const commands = useRoomCommands(room);
  const { roomId } = room;
  const offered: readonly (MenuItem | false)[] = [
    mayInvite(room) && { id: 'invite', label: words.dialog.menuInvite, icon: <UserPlus size={16} />, onSelect: () => openDialog({ type: 'invite', roomId }) },
    mayChangeRoom(room) && { id: 'rename', label: words.dialog.menuRename, icon: <PenLine size={16} />, onSelect: () => openDialog({ type: 'rename', roomId }) },
    mayChangeRoom(room) && { id: 'topic', label: words.dialog.menuTopic, icon: <Tag size={16} />, onSelect: () => openDialog({ type: 'topic', roomId }) },
    { id: 'link', label: words.room.copyLink, icon: <Link2 size={16} />, onSelect: () => attempt(navigator.clipboard.writeText(`${location.origin}/rooms/${roomId}`), () => notify(words.row.copied)) },
    { id: 'why', label: words.why.title, icon: <CircleHelp size={16} />, shortcut: 'W', onSelect: () => showPane('why') },
    mayArchive(room) && !room.archived && { id: 'archive', label: words.dialog.menuArchive, icon: <Archive size={16} />, separated: true, onSelect: commands.archive },
    mayArchive(room) && room.archived && { id: 'unarchive', label: words.dialog.unarchive, icon: <ArchiveRestore size={16} />, separated: true, onSelect: commands.unarchive },
    mayLeave(room) && { id: 'leave', label: words.dialog.menuLeave, icon: <LogOut size={16} />, separated: true, onSelect: commands.leave },
    mayDelete(room) && { id: 'delete', label: words.dialog.menuDelete, icon: <Trash2 size={16} />, danger: true, onSelect: commands.remove },
  ];
  return offered.filter((item) => item !== false);
}
