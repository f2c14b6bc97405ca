import { X } from 'lucide-react';
import { useWords } from '../../i18n/use-words.ts';
import { plainText } from '../../lib/markdown.ts';
import { useMe, useName, useNames } from '../../sync/chat.tsx';
import { IconButton } from '../../ui/button.tsx';
import type { ComposerMode } from './composer-model.ts';

const quoteCharsMax = 160;

/** Above the field, while it replies or edits: to what, and the way out. */
export function ModeBar({ mode, onCancel }: { readonly mode: ComposerMode; readonly onCancel: () => void }) {
  const words = useWords();
  const nameOf = useNames();
  const me = useMe();
  const author = useName(mode.type === 'reply' ? mode.to.author : me);
  if (mode.type === 'new') return null;
  const quoted = mode.type === 'reply' ? mode.to.text : mode.type === 'edit' ? mode.message.text : mode.text;
  return (
    <div className="mode-bar">
      <span className="truncate"><b>{mode.type === 'reply' ? words.composer.replying(author) : words.composer.editing}</b> <span dir="auto">{plainText(quoted ?? '', (id) => `@${nameOf(id)}`).slice(0, quoteCharsMax)}</span></span>
      <IconButton label={words.composer.cancel} shortcut="Esc" onClick={onCancel}><X size={16} /></IconButton>
    </div>
  );
}
