import type { UserView } from '@parley/contracts/queries/views';
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { bestMatches } from '../../lib/hangul.ts';
import { mentionQuery, type Person } from '../../lib/mention-text.ts';
import { shownName } from '../../lib/names.ts';
import { useChat, useChatState, useMe, useRoom } from '../../sync/chat.tsx';
import { useFoundPeople } from '../../sync/use-found-people.ts';

const suggestionsMax = 8;
/** The names of so many members are learnt at once; in larger rooms the service finds people as they are typed. */
const namesMax = 400;

export type Suggestions = { readonly people: readonly Person[]; readonly active: number; readonly start: number };

/** People of a room, those who spoke last first, then those who were found. */
function usePeople(roomId: string, found: readonly UserView[]): readonly Person[] {
  const entry = useRoom(roomId);
  const users = useChatState((state) => state.users);
  const me = useMe();
  const members = entry?.members?.list;
  const partner = entry?.room.partner;
  const lastPage = entry?.pages.at(-1);
  return useMemo(() => {
    const names = new Map<string, string>();
    const add = (userId: string, name = users.get(userId)?.name): void => {
      if (name && userId !== me && !names.has(userId)) names.set(userId, shownName(name));
    };
    for (const message of [...(lastPage?.messages ?? [])].reverse()) if (message) add(message.author);
    for (const member of members ?? []) add(member.userId);
    if (partner) add(partner);
    for (const { userId, name } of found) add(userId, name);
    return [...names].map(([userId, name]) => ({ userId, name }));
  }, [members, partner, lastPage, users, me, found]);
}

/** Learns the names of who has been silent: members nobody has seen a word of can be mentioned all the same. */
function useMembersNames(roomId: string, wanted: boolean): void {
  const chat = useChat();
  const list = useRoom(roomId)?.members?.list;
  useEffect(() => {
    if (wanted && list) chat.rooms.loadUsers(list.slice(0, namesMax).map(({ userId }) => userId)).catch(() => undefined);
  }, [chat, list, wanted]);
}

/**
 * Completion of `@name`. The list follows the text while a syllable is still being composed, but the field itself is
 * written to only when one is chosen, never during a composition.
 */
export function useMentions(roomId: string, field: RefObject<HTMLTextAreaElement | null>) {
  const [asked, setAsked] = useState<{ readonly query: string; readonly start: number; readonly active: number }>();
  const [anybody, setAnybody] = useState(false);
  const dismissedAt = useRef<number>(undefined);
  const isLarge = (useRoom(roomId)?.room.members ?? 0) > namesMax;
  useMembersNames(roomId, anybody);
  const { found } = useFoundPeople(isLarge ? (asked?.query ?? '') : '', roomId);
  const people = usePeople(roomId, found);

  const refresh = useCallback(() => {
    const element = field.current;
    if (element?.value.includes('@') === true) setAnybody(true);
    const query = element && element.selectionStart === element.selectionEnd ? mentionQuery(element.value, element.selectionStart) : undefined;
    if (!query) dismissedAt.current = undefined;
    const isAsked = query && query.start !== dismissedAt.current;
    setAsked((before) => (isAsked ? { ...query, active: before?.start === query.start ? before.active : 0 } : undefined));
  }, [field]);
  const suggestions = useMemo((): Suggestions | undefined => {
    const fitting = asked ? bestMatches(asked.query, people, ({ name }) => [name], suggestionsMax) : [];
    return asked && fitting.length > 0 ? { people: fitting, active: Math.min(asked.active, fitting.length - 1), start: asked.start } : undefined;
  }, [asked, people]);
  const move = useCallback((step: number) => {
    if (suggestions) setAsked((now) => now && { ...now, active: (suggestions.active + step + suggestions.people.length) % suggestions.people.length });
  }, [suggestions]);
  const dismiss = useCallback(() => {
    dismissedAt.current = asked?.start;
    setAsked(undefined);
  }, [asked]);
  return { suggestions, people, refresh, move, dismiss, close: useCallback(() => setAsked(undefined), []) };
}

/** Replaces the unfinished `@…` before the caret, in a way that can be undone. */
export function insertMention(field: HTMLTextAreaElement, start: number, person: Person): void {
  insertText(field, start, field.selectionStart, `@${person.name} `);
}

export function insertText(field: HTMLTextAreaElement, start: number, end: number, text: string): void {
  field.focus();
  field.setSelectionRange(start, end);
  // Nothing else keeps the browser's own undo; where it is refused the plain way must do.
  // oxlint-disable-next-line typescript/no-deprecated
  if (!document.execCommand('insertText', false, text)) {
    field.setRangeText(text, start, end, 'end');
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }
}
