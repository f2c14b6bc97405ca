import type { ShownMessage } from '@parley/client/optimistic';
import { Ban } from 'lucide-react';
import { useState } from 'react';
import { useLocale, useWords } from '../../i18n/use-words.ts';
import { fullLabel } from '../../lib/days.ts';
import { Lru } from '../../lib/lru.ts';
import { emojiOnly } from '../../lib/markdown.ts';
import { RichText } from './rich-text.tsx';

/** Longer messages are folded, so that one paste does not push a conversation away. */
const linesShownMax = 24;
const charsPerLine = 88;
const unfoldedMax = 500;
/** Messages that were unfolded, kept over a row's unmounting. */
const unfolded = new Lru<string, boolean>(unfoldedMax);

const linesOf = (text: string): number => text.split('\n').reduce((lines, line) => lines + Math.max(1, Math.ceil(line.length / charsPerLine)), 0);

export function MessageBody({ message, id }: { readonly message: ShownMessage; readonly id: string }) {
  const words = useWords();
  const locale = useLocale();
  const [open, setOpen] = useState(() => unfolded.get(id) === true);
  if (message.state !== 'shown' || message.text === null) {
    const text = message.state === 'redacted' ? words.row.redacted : message.state === 'erased' ? words.row.erased : words.row.unavailable;
    return <div className="body gone" id={`text-${id}`}><Ban size={14} aria-hidden="true" />{text}</div>;
  }
  const lines = linesOf(message.text);
  const folded = lines > linesShownMax + 4 && !open;
  return (
    <>
      <div id={`text-${id}`} className={['body', folded && 'folded', emojiOnly(message.text) && 'jumbo'].filter(Boolean).join(' ')}>
        <RichText text={message.text} />
        {message.editedAt && <span className="edited" title={words.row.editedAt(fullLabel(message.editedAt, locale))}>({words.row.edited})</span>}
      </div>
      {lines > linesShownMax + 4 && (
        <button
          type="button" className="link-button" aria-expanded={open}
          onClick={() => {
            unfolded.set(id, !open);
            setOpen(!open);
          }}
        >
          {open ? words.row.showLess : words.row.showMore(lines)}
        </button>
      )}
    </>
  );
}
