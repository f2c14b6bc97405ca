import { X } from 'lucide-react';
import { type ReactNode, useEffect } from 'react';
import { useLocation, useRoute } from 'wouter';
import { useWords } from '../../i18n/use-words.ts';
import { readStored, writeStored } from '../../lib/storage.ts';
import { whenIdle } from '../../lib/when-idle.ts';
import { useChat, useChatState, useRoom } from '../../sync/chat.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBoundary } from '../../ui/error-boundary.tsx';
import { Logo } from '../../ui/logo.tsx';
import { partOf } from '../../ui/part.tsx';
import { ConnectionWatch } from '../connection/history-context.tsx';
import { OpenSidebar, Sidebar } from '../rooms/sidebar.tsx';
import { RoomView } from '../timeline/room-view.tsx';
import { DrawerSidebar } from './drawer-sidebar.tsx';
import { useDrawer, useNarrow } from './media.ts';
import { Notices } from './notices.tsx';
import { usePaneSizes } from './pane-sizes.ts';
import { RoomGate } from './room-gate.tsx';
import { Splitter } from './splitter.tsx';
import { closeDialog, openDialog, setDrawer, showPane, useUi } from './ui-state.ts';
import { useGlobalKeys } from './use-global-keys.ts';
import { usePageTitle } from './use-page-title.ts';
import { usePresenceSignals } from './use-presence-signals.ts';

const dialogs = partOf(async () => (await import('../dialogs/dialogs.tsx')).Dialogs);
const sidePane = partOf(async () => (await import('../panes/side-pane.tsx')).SidePane);

/** The room that was open last on this device. */
const lastRoomKey = 'parley.last-room';

type OpenRoom = { readonly roomId: string | undefined; readonly ordinal: number | undefined };

function useOpenRoom(): OpenRoom {
  const [, params] = useRoute<{ roomId: string; ordinal?: string }>('/rooms/:roomId/:ordinal?');
  const ordinal = params?.ordinal && /^[1-9]\d{0,14}$/u.test(params.ordinal) ? Number(params.ordinal) : undefined;
  return { roomId: params?.roomId, ordinal };
}

export function Shell() {
  const { roomId, ordinal } = useOpenRoom();
  const narrow = useNarrow();
  const drawer = useDrawer();
  const pane = useUi((state) => state.pane);
  const dialog = useUi((state) => state.dialog !== undefined);
  const drawerOpen = useUi((state) => state.drawer);
  const entry = useRoom(roomId);
  const loaded = useChatState((state) => state.loaded);
  const words = useWords();
  const sizes = usePaneSizes();
  const paneShown = pane !== undefined && (pane === 'search' || (entry !== undefined && roomId !== undefined));
  useGlobalKeys(roomId);
  usePageTitle(roomId);
  usePresenceSignals();
  // What one opens next is there before it is asked for: what is typed right after a shortcut belongs to what it opened.
  useEffect(() => whenIdle(() => {
    Promise.all([dialogs.fetch(), sidePane.fetch()]).catch(() => undefined);
  }), []);
  useEffect(() => {
    setDrawer(false);
    if (roomId !== undefined) writeStored(lastRoomKey, roomId);
  }, [roomId]);
  const showList = narrow ? roomId === undefined : !drawer;
  const showMain = !narrow || roomId !== undefined;
  return (
    <ConnectionWatch>
      <div className={paneShown ? 'shell with-pane' : 'shell'} style={{ '--sidebar-width': `${sizes.sidebar}px`, '--pane-width': `${sizes.pane}px` } as React.CSSProperties}>
        {showList && <Sidebar openId={roomId} edge={!narrow && <Splitter edge="sidebar" label={words.nav.resizeList} />} />}
        {drawer && drawerOpen && <DrawerSidebar openId={roomId} onClose={() => setDrawer(false)} />}
        {showMain && (
          <main className="main">
            {roomId === undefined ? <NothingOpen loaded={loaded} drawer={drawer} /> : entry ? <RoomView key={roomId} roomId={roomId} ordinal={ordinal} /> : <RoomGate key={roomId} roomId={roomId} loaded={loaded} />}
          </main>
        )}
        {paneShown && (
          <ErrorBoundary resetKey={pane} renderWord={(word) => <BrokenPane>{word}</BrokenPane>}>
            <sidePane.Shown key={pane === 'search' ? pane : `${roomId}/${pane}`} pane={pane} roomId={roomId} edge={!narrow && <Splitter edge="pane" label={words.nav.resizePane} />} fallback={<aside className="side-pane" />} />
          </ErrorBoundary>
        )}
      </div>
      <ErrorBoundary resetKey={String(dialog)} renderWord={(word) => <Dialog title={words.error.title} onClose={closeDialog}>{word}</Dialog>}>{dialog && <dialogs.Shown />}</ErrorBoundary>
      <Notices />
    </ConnectionWatch>
  );
}

/** On a small screen it covers everything, so it must be closed as the pane itself is. */
function BrokenPane({ children }: { readonly children: ReactNode }) {
  const words = useWords();
  return (
    <aside className="side-pane">
      <header className="pane-header">
        <h2>{words.error.title}</h2>
        <IconButton label={words.pane.close} onClick={() => showPane(undefined)}><X size={18} /></IconButton>
      </header>
      {children}
    </aside>
  );
}

function NothingOpen({ loaded, drawer }: { readonly loaded: boolean; readonly drawer: boolean }) {
  const words = useWords();
  const chat = useChat();
  const [, navigate] = useLocation();
  const none = useChatState((state) => state.rooms.size === 0);
  const first = useChatState((state) => state.rooms.keys().next().value);
  useEffect(() => {
    // On a wide page there is no reason to begin with an empty half.
    if (!loaded || first === undefined || matchMedia('(width < 640px)').matches) return;
    const last = readStored(lastRoomKey);
    navigate(`/rooms/${typeof last === 'string' && chat.state.getSnapshot().rooms.has(last) ? last : first}`, { replace: true });
  }, [chat, loaded, first, navigate]);
  return (
    <div className="nothing-open">
      {drawer && <div className="corner"><OpenSidebar label={words.nav.open} onOpen={() => setDrawer(true)} /></div>}
      {loaded && (
        <div className="empty">
          <Logo size={48} />
          <h2>{none ? words.room.none : words.room.select}</h2>
          <p>{none ? words.room.noneLead : words.room.selectLead}</p>
          {none && (
            <div className="empty-actions">
              <Button look="primary" onClick={() => openDialog({ type: 'browse' })}>{words.nav.browse}</Button>
              <Button look="outline" onClick={() => openDialog({ type: 'create-room' })}>{words.nav.newRoom}</Button>
            </div>
          )}
        </div>
      )}
    </div>
  );
}
