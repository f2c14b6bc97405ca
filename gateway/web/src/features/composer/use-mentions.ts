import { type RefObject, useCallback, useMemo, useState } from 'react';
import { bestMatches } from '../../lib/hangul.ts';
import { mentionQuery, type Person } from '../../lib/mention-text.ts';
import { shownName } from '../../lib/names.ts';
import { useChatState, useMe, useRoom } from '../../sync/chat.tsx';

const suggestionsMax = 8;

export type Suggestions = { readonly people: readonly Person[]; readonly active: number; readonly start: number };

/** People of a room, those who spoke last first. */
export function usePeople(roomId: string): readonly Person[] {
  const entry = useRoom(roomId);
  const users = useChatState((state) => state.users);
  const me = useMe();
  const members = entry?.members?.list;
  const partner = entry?.room.partner;
  const lastPage = entry?.pages.at(-1);
  return useMemo(() => {
    const ids = new Set<string>();
    for (const message of [...(lastPage?.messages ?? [])].reverse()) if (message) ids.add(message.author);
    for (const member of members ?? []) ids.add(member.userId);
    if (partner) ids.add(partner);
    ids.delete(me);
    return [...ids].flatMap((userId) => {
      const name = users.get(userId)?.name;
      return name ? [{ userId, name: shownName(name) }] : [];
    });
  }, [members, partner, lastPage, users, me]);
}

/**
 * Completion of `@name`. The list follows the text while a syllable is still being composed, but the field itself is
 * written to only when one is chosen, never during a composition.
 */
export function useMentions(field: RefObject<HTMLTextAreaElement | null>, people: readonly Person[]) {
  const [suggestions, setSuggestions] = useState<Suggestions>();
  const [dismissedAt, setDismissedAt] = useState<number>();

  const refresh = useCallback(() => {
    const element = field.current;
    const query = element && element.selectionStart === element.selectionEnd ? mentionQuery(element.value, element.selectionStart) : undefined;
    if (!query || query.start === dismissedAt) {
      if (!query) setDismissedAt(undefined);
      setSuggestions(undefined);
      return;
    }
    const found = bestMatches(query.query, people, ({ name }) => [name], suggestionsMax);
    setSuggestions((before) => (found.length === 0 ? undefined : { people: found, active: before?.start === query.start ? Math.min(before.active, found.length - 1) : 0, start: query.start }));
  }, [field, people, dismissedAt]);

  const move = useCallback((step: number) => setSuggestions((now) => now && { ...now, active: (now.active + step + now.people.length) % now.people.length }), []);
  const dismiss = useCallback(() => {
    setDismissedAt(suggestions?.start);
    setSuggestions(undefined);
  }, [suggestions]);
  return { suggestions, refresh, move, dismiss, close: useCallback(() => setSuggestions(undefined), []) };
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
