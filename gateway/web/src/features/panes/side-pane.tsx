import { X } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { useRoom } from '../../sync/chat.tsx';
import { IconButton } from '../../ui/button.tsx';
import { ErrorBoundary } from '../../ui/error-boundary.tsx';
import { SearchPane } from '../search/search-pane.tsx';
import { type Pane, showPane } from '../shell/ui-state.ts';
import { MembersPane } from './members-pane.tsx';
import { PinsPane } from './pins-pane.tsx';
import { WhyPane } from './why-pane.tsx';

/** Beside the conversation on wide screens, over it on small ones. Escape closes it and gives focus back. */
export function SidePane({ pane, roomId, edge }: { readonly pane: Pane; readonly roomId: string | undefined; /** What makes it wider. */ readonly edge?: ReactNode }) {
  const words = useWords();
  const entry = useRoom(roomId);
  const opener = useRef<Element | null>(null);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    opener.current = document.activeElement;
    // The search puts the focus into its own field.
    if (pane !== 'search') title.current?.focus({ preventScroll: true });
    return () => {
      if (opener.current instanceof HTMLElement && opener.current.isConnected) opener.current.focus({ preventScroll: true });
      // What opened it may be gone with the room that was open then.
      else document.querySelector<HTMLElement>('.composer textarea')?.focus({ preventScroll: true });
    };
  }, [pane]);
  const name = { members: words.pane.members, pins: words.pane.pins, why: words.why.title, search: words.search.title }[pane];
  const content = ((): ReactNode => {
    if (pane === 'search') return <SearchPane openId={roomId} />;
    if (!entry) return null;
    return pane === 'members' ? <MembersPane entry={entry} /> : pane === 'pins' ? <PinsPane entry={entry} /> : <WhyPane entry={entry} />;
  })();
  return (
    <aside
      className="side-pane" aria-label={name}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.shiftKey || event.nativeEvent.isComposing) return;
        event.stopPropagation();
        showPane(undefined);
      }}
    >
      {edge}
      <header className="pane-header">
        <h2 ref={title} tabIndex={-1}>{name}</h2>
        {pane === 'members' && entry && <span className="quiet">{entry.room.members.toLocaleString()}</span>}
        <IconButton label={words.pane.close} shortcut="Esc" onClick={() => showPane(undefined)}><X size={18} /></IconButton>
      </header>
      <ErrorBoundary resetKey={`${pane}/${roomId}`}>{content}</ErrorBoundary>
    </aside>
  );
}
