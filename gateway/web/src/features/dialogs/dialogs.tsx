import { useUi, closeDialog } from '../shell/ui-state.ts';
import { BrowseDialog } from './browse-dialog.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { CreateRoomDialog } from './create-room-dialog.tsx';
import { KeysDialog } from './keys-dialog.tsx';
import { InviteDialog, DirectDialog } from './people-dialogs.tsx';
import { RoomTextDialog } from './room-text-dialog.tsx';
import { SettingsDialog } from './settings-dialog.tsx';
import { Switcher } from './switcher.tsx';

/** The one dialog that is open. Loaded when the page is idle: nothing of it is needed to read and write. */
export function Dialogs() {
  const dialog = useUi((state) => state.dialog);
  switch (dialog?.type) {
    case undefined: return null;
    case 'create-room': return <CreateRoomDialog onClose={closeDialog} />;
    case 'browse': return <BrowseDialog onClose={closeDialog} />;
    case 'direct': return <DirectDialog onClose={closeDialog} />;
    case 'switcher': return <Switcher onClose={closeDialog} />;
    case 'keys': return <KeysDialog onClose={closeDialog} />;
    case 'settings': return <SettingsDialog onClose={closeDialog} />;
    case 'rename': case 'topic': return <RoomTextDialog key={dialog.type} what={dialog.type} roomId={dialog.roomId} onClose={closeDialog} />;
    case 'invite': return <InviteDialog roomId={dialog.roomId} onClose={closeDialog} />;
    case 'confirm': return <ConfirmDialog spec={dialog} onClose={closeDialog} />;
  }
}
