import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useWords } from '../i18n/use-words.ts';
import { type EmojiEntry, emojiEntries } from '../lib/emoji.ts';
import { bestMatches } from '../lib/hangul.ts';
import { recentEmoji } from '../lib/quick-emoji.ts';
import { type Anchor, type Placement, Popover } from './popover.tsx';

const columns = 8;
const resultsMax = 104;

type Props = { readonly anchor: Anchor; readonly placement: Placement; readonly onPick: (emoji: string) => void; readonly onClose: () => void };

/** Emoji, recent ones first, found by English or Korean words. Loaded when first opened. */
export function EmojiPicker({ anchor, placement, onPick, onClose }: Props) {
  const words = useWords();
  const [query, setQuery] = useState('');
  const search = useRef<HTMLInputElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  useEffect(() => search.current?.focus({ preventScroll: true }), []);
  const recent = useMemo(() => recentEmoji(columns), []);
  const found = useMemo(() => (query.trim() === '' ? emojiEntries : bestMatches(query, emojiEntries, ({ words: known }) => known, resultsMax)), [query]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const all = [...(grid.current?.querySelectorAll('button') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const step = steps[event.key];
    if (event.key === 'Enter' && at < 0 && !event.nativeEvent.isComposing) {
      event.preventDefault();
      if (found[0]) onPick(found[0].emoji);
    } else if (step !== undefined && (at >= 0 || event.key === 'ArrowDown')) {
      event.preventDefault();
      if (at >= 0 && at + step < 0) search.current?.focus();
      else all[at < 0 ? 0 : Math.min(all.length - 1, at + step)]?.focus();
    }
  };
  return (
    <Popover anchor={anchor} placement={placement} onClose={onClose} role="dialog" label={words.emoji.title}>
      <div className="emoji-picker" onKeyDown={onKeyDown}>
        <input ref={search} className="input" type="search" placeholder={words.emoji.search} aria-label={words.emoji.search} onChange={(event) => setQuery(event.target.value)} />
        <div ref={grid} className="emoji-scroll scroll">
          {query === '' && (
            <>
              <h3>{words.emoji.recent}</h3>
              <div className="emoji-grid">{recent.map((emoji) => <EmojiButton key={emoji} entry={{ emoji, words: [] }} onPick={onPick} />)}</div>
              <h3>{words.emoji.all}</h3>
            </>
          )}
          <div className="emoji-grid">{found.map((entry) => <EmojiButton key={entry.emoji} entry={entry} onPick={onPick} />)}</div>
          {found.length === 0 && <p className="empty">{words.emoji.none}</p>}
        </div>
      </div>
    </Popover>
  );
}

function EmojiButton({ entry, onPick }: { readonly entry: EmojiEntry; readonly onPick: (emoji: string) => void }) {
  return <button type="button" aria-label={`${entry.emoji} ${entry.words[0] ?? ''}`} title={entry.words[0]} onClick={() => onPick(entry.emoji)}>{entry.emoji}</button>;
}
