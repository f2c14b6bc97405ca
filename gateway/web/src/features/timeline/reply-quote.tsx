import { useWords } from '../../i18n/use-words.ts';
import { plainText } from '../../lib/markdown.ts';
import { useName, useNames } from '../../sync/chat.tsx';
import { hueStyle } from '../../ui/avatar.tsx';
import { useMessageActions } from './actions.ts';
import { useQuoted } from './use-quoted.ts';

const quoteCharsMax = 160;

/** One line of what is replied to; a press goes there. Its height never depends on what it says. */
export function ReplyQuote({ roomId, target }: { readonly roomId: string; readonly target: { readonly messageId: string; readonly n: number } }) {
  const words = useWords();
  const nameOf = useNames();
  const actions = useMessageActions();
  const quoted = useQuoted(roomId, target);
  const author = useName(quoted?.author ?? '');
  const text = quoted === undefined ? '…' : quoted === null ? words.row.replyGone : quoted.state === 'redacted' ? words.row.redacted : quoted.text === null ? words.row.erased : plainText(quoted.text, (id) => `@${nameOf(id)}`).slice(0, quoteCharsMax);
  return (
    <button type="button" className="reply-quote" onClick={() => actions.jumpTo(target)} aria-label={quoted ? `${words.row.replyTo(author)}: ${text}` : text}>
      {quoted && <span className="name" style={hueStyle(quoted.author)}><bdi>{author}</bdi></span>}
      <span className="truncate" dir="auto">{text}</span>
    </button>
  );
}
