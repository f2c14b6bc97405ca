import type { MessageView, MyRoomView } from '@parley/contracts/queries/views';
import { Copy, Link2, Pencil, Pin, PinOff, Reply, SmilePlus, Trash2 } from 'lucide-react';
import { useWords } from '../../i18n/use-words.ts';
import { mayPin, mayRedact } from '../../lib/permissions.ts';
import { useMe } from '../../sync/chat.tsx';
import { LazyEmojiPicker } from '../../ui/lazy-emoji-picker.tsx';
import { Menu, type MenuItem } from '../../ui/menu.tsx';
import { useMessageActions } from './actions.ts';

export type Overlay = { readonly type: 'menu' | 'picker'; readonly message: MessageView; readonly anchor: DOMRect };

/** The menu or the emoji of one message. It lives outside of the row, which may scroll away or be redrawn. */
export function MessageOverlays({ overlay: { type, message, anchor }, room, onClose }: { readonly overlay: Overlay; readonly room: MyRoomView; readonly onClose: () => void }) {
  const words = useWords();
  const me = useMe();
  const actions = useMessageActions();
  if (type === 'picker') {
    return (
      <LazyEmojiPicker
        anchor={anchor} onClose={onClose}
        onPick={(emoji) => {
          onClose();
          actions.toggleReaction(message, emoji);
        }}
      />
    );
  }
  const own = message.author === me;
  const shown = message.state === 'shown';
  const writable = shown && !room.archived;
  const offered: readonly (MenuItem | false)[] = [
    writable && { id: 'reply', label: words.row.reply, icon: <Reply size={16} />, shortcut: 'R', onSelect: () => actions.reply(message) },
    writable && { id: 'react', label: words.row.react, icon: <SmilePlus size={16} />, shortcut: '+', onSelect: () => actions.openPicker(message, anchor) },
    writable && own && { id: 'edit', label: words.row.edit, icon: <Pencil size={16} />, shortcut: 'E', onSelect: () => actions.edit(message) },
    shown && { id: 'copy', label: words.row.copy, icon: <Copy size={16} />, onSelect: () => actions.copyText(message) },
    { id: 'link', label: words.row.copyLink, icon: <Link2 size={16} />, shortcut: 'C', onSelect: () => actions.copyLink(message) },
    writable && mayPin(room) && { id: 'pin', label: message.pinned ? words.row.unpin : words.row.pin, icon: message.pinned ? <PinOff size={16} /> : <Pin size={16} />, shortcut: 'P', onSelect: () => actions.togglePin(message) },
    message.state !== 'redacted' && mayRedact(room, own) && { id: 'redact', label: words.row.remove, icon: <Trash2 size={16} />, shortcut: 'Del', danger: true, separated: true, onSelect: () => actions.redact(message) },
  ];
  return <Menu anchor={anchor} label={words.row.actions} items={offered.filter((item) => item !== false)} onClose={onClose} />;
}
