import { Search as SearchIcon, X } from 'lucide-react';
import { type KeyboardEvent, type RefObject, useId, useState } from 'react';
import { useLocale, useWords } from '../../i18n/use-words.ts';
import { inComposition } from '../../lib/composing.ts';
import { dayName } from '../../lib/days.ts';
import { IconButton } from '../../ui/button.tsx';
import { type Filter, searchTextCharsMax, withFilter } from './search-model.ts';
import { changeSearch, type SearchState } from './use-search.ts';
import { type Suggestion, useSuggestions } from './use-suggestions.ts';

/** A press on a suggestion comes before the list closes. */
const closeAfterMs = 150;

/** Puts a text into the field with the caret at a place, its end unless told. */
export function writeField(field: HTMLInputElement | null, text: string, caret = text.length): void {
  if (!field) return;
  field.value = text;
  field.setSelectionRange(caret, caret);
}

type Props = { readonly field: RefObject<HTMLInputElement | null>; readonly state: Pick<SearchState, 'text' | 'filters'>; /** Down from the field. */ readonly onDown: () => void };

/** Words and filters. The field is the browser's own and not controlled: nothing writes to it while a syllable is being composed. */
export function SearchField({ field, state, onDown }: Props) {
  const words = useWords();
  const listId = useId();
  const suggestions = useSuggestions(field);
  const { list, active, token } = suggestions;
  const choose = ({ filter }: Suggestion): void => {
    const element = field.current;
    if (!element || !token) return;
    const caret = element.selectionStart ?? element.value.length;
    const text = `${element.value.slice(0, token.start)}${element.value.slice(caret)}`.replace(/^\s+/u, '');
    writeField(element, text, token.start);
    suggestions.close();
    changeSearch({ filters: withFilter(state.filters, filter), text });
    element.focus();
  };
  const drop = (filter: Filter): void => {
    changeSearch({ filters: state.filters.filter((one) => one !== filter) });
    field.current?.focus();
  };
  const onKeyDown = useFieldKeys({ state, suggestions, choose, drop, onDown });
  return (
    <div className="search-box">
      <SearchIcon size={16} aria-hidden="true" />
      <div className="search-chips">
        {state.filters.map((filter) => <FilterChip key={filter.type} filter={filter} onDrop={() => drop(filter)} />)}
        <input
          ref={field} type="text" className="search-input" defaultValue={state.text} maxLength={searchTextCharsMax} autoComplete="off" spellCheck={false} enterKeyHint="search" role="combobox" aria-label={words.search.label}
          placeholder={state.filters.length === 0 ? words.search.placeholder : ''} aria-expanded={list.length > 0} aria-autocomplete="list" aria-controls={listId} aria-activedescendant={list.length > 0 ? `${listId}-${active}` : undefined}
          onKeyDown={onKeyDown} onSelect={suggestions.refresh} onBlur={() => setTimeout(suggestions.close, closeAfterMs)}
          onInput={(event) => {
            suggestions.refresh();
            changeSearch({ text: event.currentTarget.value });
          }}
        />
      </div>
      {(state.text !== '' || state.filters.length > 0) && (
        <IconButton
          label={words.search.clear}
          onClick={() => {
            writeField(field.current, '');
            changeSearch({ text: '', filters: [] });
            field.current?.focus();
          }}
        >
          <X size={16} />
        </IconButton>
      )}
      <SuggestionList id={listId} list={list} active={active} onChoose={choose} />
    </div>
  );
}

type FieldKeys = Pick<Props, 'state' | 'onDown'> & { readonly suggestions: ReturnType<typeof useSuggestions>; readonly choose: (one: Suggestion) => void; readonly drop: (filter: Filter) => void };

/** What keys mean in the field; those of an input method are its own. */
function useFieldKeys({ state, suggestions, choose, drop, onDown }: FieldKeys): (event: KeyboardEvent<HTMLInputElement>) => void {
  const { list, active } = suggestions;
  return (event) => {
    if (inComposition(event.nativeEvent)) return;
    const chosen = list[active];
    const { value, selectionStart, selectionEnd } = event.currentTarget;
    const last = state.filters.at(-1);
    const run: Readonly<Record<string, (() => void) | undefined>> = {
      ArrowDown: list.length > 0 ? () => suggestions.setActive((active + 1) % list.length) : onDown,
      ArrowUp: list.length > 0 ? () => suggestions.setActive((active - 1 + list.length) % list.length) : undefined,
      Enter: chosen ? () => choose(chosen) : onDown,
      Tab: chosen && !event.shiftKey ? () => choose(chosen) : undefined,
      Escape: event.shiftKey ? undefined : list.length > 0 ? suggestions.close : value === '' ? undefined : () => {
        writeField(event.currentTarget, '');
        changeSearch({ text: '' });
      },
      Backspace: selectionStart === 0 && selectionEnd === 0 && last ? () => drop(last) : undefined,
    };
    const action = run[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
}

function SuggestionList({ id, list, active, onChoose }: { readonly id: string; readonly list: readonly Suggestion[]; readonly active: number; readonly onChoose: (one: Suggestion) => void }) {
  const words = useWords();
  return (
    <div id={id} role="listbox" aria-label={words.search.suggestions} className="mention-list search-suggestions" hidden={list.length === 0}>
      {list.map((one, index) => (
        <div
          key={one.key} id={`${id}-${index}`} role="option" aria-selected={index === active} className="mention-option"
          onPointerDown={(event) => {
            event.preventDefault();
            onChoose(one);
          }}
        >
          <bdi className="truncate grow">{one.label}</bdi>{one.hint && <span className="quiet">{one.hint}</span>}
        </div>
      ))}
    </div>
  );
}

function FilterChip({ filter, onDrop }: { readonly filter: Filter; readonly onDrop: () => void }) {
  const words = useWords();
  const locale = useLocale();
  const [now] = useState(() => Date.now());
  const text =
    filter.type === 'from' ? words.search.from(filter.label)
    : filter.type === 'in' ? words.search.in(filter.label)
    : filter.type === 'link' ? words.search.hasLink
    : words.search[filter.type](dayName(filter.day, now, locale));
  return (
    <button type="button" className="search-chip" aria-label={words.search.drop(text)} title={words.search.drop(text)} onClick={onDrop} data-filter={filter.type}>
      <bdi className="truncate">{text}</bdi><X size={12} aria-hidden="true" />
    </button>
  );
}
