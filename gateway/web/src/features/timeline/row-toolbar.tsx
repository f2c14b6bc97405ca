import type { MessageView } from '@parley/contracts/queries/views';
import { MoreHorizontal, Pencil, Reply, SmilePlus } from 'lucide-react';
import { useWords } from '../../i18n/use-words.ts';
import { recentEmoji } from '../../lib/quick-emoji.ts';
import { IconButton } from '../../ui/button.tsx';
import { useMessageActions } from './actions.ts';

const quickMax = 3;

/** What one does most with a message. Made only for the row under the pointer or in focus. */
export function RowToolbar({ message, own, writable }: { readonly message: MessageView; readonly own: boolean; readonly writable: boolean }) {
  const words = useWords();
  const actions = useMessageActions();
  const shown = message.state === 'shown';
  return (
    <div className="row-toolbar" role="toolbar" aria-label={words.row.actions}>
      {writable && shown && (
        <>
          {recentEmoji(quickMax).map((emoji) => (
            <button key={emoji} type="button" className="icon-button emoji" tabIndex={-1} aria-label={`${words.row.react} ${emoji}`} title={emoji} onClick={() => actions.toggleReaction(message, emoji)}>{emoji}</button>
          ))}
          <IconButton label={words.row.react} shortcut="+" tabIndex={-1} onClick={(event) => actions.openPicker(message, event.currentTarget.getBoundingClientRect())}><SmilePlus size={16} /></IconButton>
          <IconButton label={words.row.reply} shortcut="R" tabIndex={-1} onClick={() => actions.reply(message)}><Reply size={16} /></IconButton>
          {own && <IconButton label={words.row.edit} shortcut="E" tabIndex={-1} onClick={() => actions.edit(message)}><Pencil size={16} /></IconButton>}
        </>
      )}
      <IconButton label={words.row.more} aria-haspopup="menu" tabIndex={-1} onClick={(event) => actions.openMenu(message, event.currentTarget.getBoundingClientRect())}><MoreHorizontal size={16} /></IconButton>
    </div>
  );
}
