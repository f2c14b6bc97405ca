import type { SearchHit } from '@parley/contracts/queries/search';
import { SearchX } from 'lucide-react';
import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useWords } from '../../i18n/use-words.ts';
import { useRoom, useRoomName } from '../../sync/chat.tsx';
import { Button } from '../../ui/button.tsx';
import { ProblemLine } from '../../ui/problem.tsx';
import { useNarrow } from '../shell/media.ts';
import { openMessage, showPane, useUi } from '../shell/ui-state.ts';
import { SearchField, writeField } from './search-field.tsx';
import { SearchHitRow } from './search-hit.tsx';
import { type Filter, type Order, withFilter } from './search-model.ts';
import { changeSearch, resetSearch, type Search, useSearch, useSearchState } from './use-search.ts';

/** Everything that was said, by words, people, rooms and days. Down from the field leads into what was found, Escape back. */
export function SearchPane({ openId }: { readonly openId: string | undefined }) {
  const words = useWords();
  const search = useSearch();
  const field = useRef<HTMLInputElement>(null);
  const results = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const focus = (): void => {
      field.current?.focus({ preventScroll: true });
      field.current?.select();
    };
    focus();
    // A moment later: the dialog that it was asked for in must be closed first.
    return useUi.subscribe((now, before) => now.searches !== before.searches && setTimeout(focus));
  }, []);
  // Words that came from elsewhere (the switcher, "clear") are put into the field that the person owns otherwise.
  useEffect(() => useSearchState.subscribe(({ text }) => field.current && field.current.value !== text && writeField(field.current, text)), []);
  const clear = (): void => {
    resetSearch();
    writeField(field.current, '');
    field.current?.focus();
  };
  const asked = search.text.trim() !== '' || search.filters.length > 0;
  return (
    <>
      <div className="pane-tools">
        <SearchField field={field} state={search} onDown={() => results.current?.querySelector<HTMLElement>('.search-hit[tabindex="0"]')?.focus()} />
        {asked && <SearchSummary search={search} />}
      </div>
      <div className="pane-body scroll">
        {search.trouble && <SearchTrouble search={search} />}
        {!asked && <SearchStart openId={openId} filters={search.filters} onFilter={() => field.current?.focus()} field={field} />}
        {asked && search.loading === 'first' && search.hits.length === 0 && <div className="list-skeleton delayed" aria-hidden="true">{[70, 52, 64, 80].map((width) => <div key={width} className="skeleton" style={{ width: `${width}%` }} />)}</div>}
        {asked && search.answered !== undefined && search.hits.length === 0 && search.loading === undefined && (
          <div className="empty">
            <SearchX size={24} aria-hidden="true" /><p>{words.search.none}</p>
            {search.filters.length > 0
              ? <Button look="outline" onClick={() => changeSearch({ filters: [] })}>{words.search.dropAll}</Button>
              : <Button look="outline" onClick={clear}>{words.search.clear}</Button>}
          </div>
        )}
        {search.hits.length > 0 && <Results ref={results} search={search} onLeave={() => field.current?.focus()} />}
      </div>
    </>
  );
}

function SearchTrouble({ search }: { readonly search: Search }) {
  const words = useWords();
  if (!search.trouble) return null;
  const down = search.trouble.code === 'search-unavailable';
  return (
    <div className="search-trouble">
      <ProblemLine trouble={search.trouble} onRetry={search.again} />
      {down && <p className="quiet pad">{words.search.restWorks}</p>}
    </div>
  );
}

const wordsAfterMs = 5_000;

/** True once something has been on its way for five seconds. */
function useSlow(busy: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!busy) return undefined;
    const timer = setTimeout(() => setSlow(true), wordsAfterMs);
    return () => {
      clearTimeout(timer);
      setSlow(false);
    };
  }, [busy]);
  return busy && slow;
}

/** How many, and in which order. */
function SearchSummary({ search }: { readonly search: Search }) {
  const words = useWords();
  const orders: readonly Order[] = ['best', 'newest'];
  const count = search.hits.length;
  const slow = useSlow(search.loading === 'first');
  const text = search.loading === 'first' ? (slow ? words.room.slow : words.search.working) : search.answered === undefined || search.trouble ? '' : words.search.count(count, search.next !== null);
  return (
    <div className="search-summary">
      <span role="status" className="quiet">{text}</span>
      <div className="segments small" role="radiogroup" aria-label={words.search.order}>
        {orders.map((order) => <label key={order}><input type="radio" name="search-order" checked={search.order === order} onChange={() => changeSearch({ order })} />{words.search[order]}</label>)}
      </div>
    </div>
  );
}

type StartProps = { readonly openId: string | undefined; readonly filters: readonly Filter[]; readonly onFilter: () => void; readonly field: React.RefObject<HTMLInputElement | null> };

/** Before anything is typed: what one can do, each a press away. */
function SearchStart({ openId, filters, onFilter, field }: StartProps) {
  const words = useWords();
  const room = useRoom(openId);
  const name = useRoomName(openId ?? '');
  const begin = (word: string): void => {
    field.current?.focus();
    writeField(field.current, `${word}:`);
    field.current?.dispatchEvent(new InputEvent('input', { bubbles: true }));
  };
  const add = (filter: Filter): void => {
    changeSearch({ filters: withFilter(filters, filter) });
    onFilter();
  };
  return (
    <div className="search-start">
      <p className="quiet">{words.search.lead}</p>
      <ul>
        {room && <li><Button look="outline" size="small" onClick={() => add({ type: 'in', roomId: room.room.roomId, label: name })}>{words.search.in(name)}</Button></li>}
        <li><Button look="outline" size="small" onClick={() => begin(words.search.wordFrom)}>{words.search.wordFrom}:</Button><span>{words.search.aboutFrom}</span></li>
        <li><Button look="outline" size="small" onClick={() => begin(words.search.wordIn)}>{words.search.wordIn}:</Button><span>{words.search.aboutIn}</span></li>
        <li><Button look="outline" size="small" onClick={() => begin(words.search.wordAfter)}>{words.search.wordAfter}:</Button><span>{words.search.aboutAfter}</span></li>
        <li><Button look="outline" size="small" onClick={() => begin(words.search.wordBefore)}>{words.search.wordBefore}:</Button><span>{words.search.aboutBefore}</span></li>
        <li><Button look="outline" size="small" onClick={() => add({ type: 'link' })}>{words.search.hasLink}</Button></li>
      </ul>
      <p className="quiet">{words.search.syntax}</p>
    </div>
  );
}

function Results({ ref, search, onLeave }: { readonly ref: React.RefObject<HTMLUListElement | null>; readonly search: Search; readonly onLeave: () => void }) {
  const words = useWords();
  const [place, navigate] = useLocation();
  const narrow = useNarrow();
  const [focused, setFocused] = useState<string>();
  const end = useRef<HTMLDivElement>(null);
  const { hits, more } = search;
  useEffect(() => {
    const element = end.current;
    if (!element) return undefined;
    const watcher = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && more(), { rootMargin: '400px' });
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [more]);
  const open = useCallback(({ message }: SearchHit) => {
    setFocused(message.messageId);
    if (narrow) showPane(undefined);
    openMessage(navigate, message.roomId, message.ordinal);
  }, [narrow, navigate]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const all = [...(ref.current?.querySelectorAll<HTMLElement>('.search-hit') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to: Readonly<Record<string, number | undefined>> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
    const next = to[event.key];
    if (event.key !== 'Escape' && next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape' || next === undefined || next < 0) onLeave();
    else {
      const target = all[Math.min(next, all.length - 1)];
      setFocused(target?.dataset['message']);
      target?.focus();
    }
  };
  const tabStop = hits.some(({ message }) => message.messageId === focused) ? focused : hits[0]?.message.messageId;
  return (
    <>
      <ul ref={ref} className="search-hits" aria-label={words.search.results} onKeyDown={onKeyDown}>
        {hits.map((hit) => (
          <SearchHitRow key={hit.message.messageId} hit={hit} focusable={hit.message.messageId === tabStop} shown={place === `/rooms/${hit.message.roomId}/${hit.message.ordinal}`} onOpen={open} />
        ))}
      </ul>
      <div ref={end} className="search-end">{search.loading === 'more' ? words.room.loading : search.next === null && hits.length > 5 ? words.search.end : ''}</div>
    </>
  );
}
