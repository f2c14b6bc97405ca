import { type RefObject, useCallback, useMemo, useState } from 'react';
import { useLocale, useWords } from '../../i18n/use-words.ts';
import { dayName } from '../../lib/days.ts';
import { bestMatches } from '../../lib/hangul.ts';
import { shownName } from '../../lib/names.ts';
import { useChatState, useMe } from '../../sync/chat.tsx';
import { usePeopleSearch } from '../dialogs/use-people-search.ts';
import { useNamedRooms } from '../rooms/use-room-list.ts';
import { dayBefore, type Filter, type FilterToken, filterToken, typedDay } from './search-model.ts';

const shownMax = 8;
/** Days that are offered before one is typed. */
const offeredDays = [0, 1, 7, 30, 365] as const;

export type Suggestion = { readonly key: string; readonly label: string; readonly hint?: string; readonly filter: Filter };

/** What fits the filter being typed: people, rooms, days or what a message has. */
export function useSuggestions(field: RefObject<HTMLInputElement | null>) {
  const [token, setToken] = useState<FilterToken>();
  const [active, setActive] = useState(0);
  const [now, setNow] = useState(() => Date.now());
  const words = useWords();
  const locale = useLocale();
  const me = useMe();
  const rooms = useNamedRooms();
  const myName = useChatState((state) => state.users.get(me)?.name ?? '');
  const { people } = usePeopleSearch(token?.kind === 'from' ? token.query : '', true);

  const refresh = useCallback(() => {
    const element = field.current;
    setToken(element && element.selectionStart === element.selectionEnd ? filterToken(element.value, element.selectionStart ?? 0) : undefined);
    setActive(0);
    setNow(Date.now());
  }, [field]);
  const list = useMemo((): readonly Suggestion[] => {
    if (!token) return [];
    const { kind, query } = token;
    if (kind === 'from') {
      const all = [{ userId: me, name: shownName(myName), self: true }, ...people.map((user) => ({ userId: user.userId as string, name: shownName(user.name ?? ''), self: false }))];
      return bestMatches(query, all, ({ name, self }) => (self ? [name, words.nav.you] : [name]), shownMax).map(({ userId, name, self }) => ({
        key: userId, label: name, ...(self && { hint: words.nav.you }), filter: { type: 'from', userId, label: name },
      }));
    }
    if (kind === 'in') {
      return bestMatches(query, rooms, ({ name }) => [name], shownMax).map(({ room, name }) => ({ key: room.roomId, label: name, filter: { type: 'in', roomId: room.roomId, label: name } }));
    }
    if (kind === 'has') return bestMatches(query, [words.search.link, 'link'], (word) => [word], 1).map(() => ({ key: 'link', label: words.search.hasLink, filter: { type: 'link' } }));
    const typed = typedDay(query);
    const days = typed !== undefined ? [typed] : query === '' ? offeredDays.map((ago) => dayBefore(now, ago)) : [];
    return days.map((day) => ({ key: day, label: dayName(day, now, locale), hint: day, filter: { type: kind, day } }));
  }, [token, me, myName, people, rooms, words, locale, now]);
  return { token, list, active: Math.min(active, Math.max(0, list.length - 1)), setActive, refresh, close: useCallback(() => setToken(undefined), []) };
}
