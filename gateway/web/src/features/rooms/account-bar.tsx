import { Keyboard, LogOut, Settings2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { useConnection, useMe, useName, useRoom } from '../../sync/chat.tsx';
import { leave } from '../../sync/session.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Menu } from '../../ui/menu.tsx';
import { ConnectionDetails } from '../connection/connection-details.tsx';
import { openDialog } from '../shell/ui-state.ts';

/** At the foot of the list: who I am, and how the connection is. */
export function AccountBar({ openId }: { readonly openId: string | undefined }) {
  const words = useWords();
  const me = useMe();
  const name = useName(me);
  const account = useRef<HTMLButtonElement>(null);
  const [menu, setMenu] = useState(false);
  return (
    <footer className="account-bar">
      <button ref={account} type="button" className="account" aria-haspopup="menu" aria-expanded={menu} aria-label={`${words.nav.account}: ${name}`} onClick={() => setMenu(true)}>
        <Avatar id={me} name={name} size={28} />
        <bdi className="truncate">{name}</bdi>
      </button>
      <ConnectionButton openId={openId} />
      {menu && (
        <Menu
          anchor={account} placement="above-start" label={words.nav.account} onClose={() => setMenu(false)}
          items={[
            { id: 'settings', label: words.nav.settings, icon: <Settings2 size={16} />, onSelect: () => openDialog({ type: 'settings' }) },
            { id: 'keys', label: words.nav.keys, icon: <Keyboard size={16} />, shortcut: '?', onSelect: () => openDialog({ type: 'keys' }) },
            { id: 'out', label: words.nav.signOut, icon: <LogOut size={16} />, separated: true, onSelect: leave },
          ]}
        />
      )}
    </footer>
  );
}

function ConnectionButton({ openId }: { readonly openId: string | undefined }) {
  const words = useWords();
  const connection = useConnection();
  const room = useRoom(openId);
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const live = connection.state === 'live';
  const roundTripMs = live ? connection.roundTripMs : undefined;
  const state = live ? words.connection.live : connection.state === 'offline' || connection.state === 'closed' ? words.connection.offline : words.connection.connecting;
  return (
    <>
      <button ref={button} type="button" className="connection-button" aria-haspopup="dialog" aria-expanded={open} title={state} onClick={() => setOpen(true)}>
        <span className={`signal ${connection.state}`} aria-hidden="true" />
        <span className="visually-hidden">{words.connection.title}: {state}</span>
        {roundTripMs !== undefined && <span>{words.connection.ms(Math.max(1, Math.round(roundTripMs)))}</span>}
        {room && <span className="last-n">#{room.n}</span>}
      </button>
      {open && <ConnectionDetails anchor={button} roomN={room?.n} onClose={() => setOpen(false)} />}
    </>
  );
}
