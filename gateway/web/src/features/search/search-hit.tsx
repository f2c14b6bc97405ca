import type { SearchHit } from '@parley/contracts/queries/search';
import { memo } from 'react';
import { useLocale, useWords } from '../../i18n/use-words.ts';
import { fullLabel, shortLabel } from '../../lib/days.ts';
import { languageOf } from '../../lib/hangul.ts';
import { saidAt } from '../../lib/row-layout.ts';
import { useName, useNames, useRoomName } from '../../sync/chat.tsx';
import { Avatar, hueStyle } from '../../ui/avatar.tsx';
import { snippetOf } from './snippet.ts';

const snippetCharsMax = 280;

type Props = { readonly hit: SearchHit; readonly focusable: boolean; readonly shown: boolean; readonly onOpen: (hit: SearchHit) => void };

/** One message that was found: where, who, when, and the words around. */
export const SearchHitRow = memo(function SearchHitRow({ hit, focusable, shown, onOpen }: Props) {
  const words = useWords();
  const locale = useLocale();
  const { message, highlights } = hit;
  const author = useName(message.author);
  const room = useRoomName(message.roomId);
  const nameOf = useNames();
  const at = saidAt(message);
  const parts = message.text === null ? [] : snippetOf(message.text, highlights, snippetCharsMax, nameOf);
  return (
    <li>
      <button type="button" className="search-hit" tabIndex={focusable ? 0 : -1} aria-current={shown ? 'true' : undefined} data-message={message.messageId} onClick={() => onOpen(hit)}>
        <Avatar id={message.author} name={author} size={28} />
        <span className="stack">
          <span className="search-where"><bdi className="truncate">{room || words.person.unknown}</bdi><time dateTime={at} title={fullLabel(at, locale)}>{shortLabel(at, locale)}</time></span>
          <span className="name truncate" style={hueStyle(message.author)}><bdi>{author}</bdi></span>
          <span className="search-text" dir="auto" lang={languageOf(message.text ?? '')}>{parts.map(({ text, hit: found }, index) => (found ? <mark key={index}>{text}</mark> : text))}</span>
        </span>
      </button>
    </li>
  );
});
