import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { decodeMentions, type Person } from '../../lib/mention-text.ts';
import { useChat, useNames } from '../../sync/chat.tsx';
import type { ComposerMode } from './composer-model.ts';
import { type DraftKeeper, useDraft } from './use-draft.ts';
import { insertMention, useMentions } from './use-mentions.ts';

export type ComposerText = {
  readonly field: RefObject<HTMLTextAreaElement | null>;
  /** People chosen by completion, who are meant by their names in the text. */
  readonly picked: RefObject<readonly Person[]>;
  readonly people: readonly Person[];
  readonly length: number;
  readonly mentions: ReturnType<typeof useMentions>;
  readonly draft: DraftKeeper;
  readonly fill: (text: string, people: readonly Person[]) => void;
  /** The field's text changed by the person's hand. */
  readonly changed: () => void;
  readonly choose: (person: Person) => void;
};

/**
 * The text of the composer and where it comes from: the room's draft, a message being edited, or one that was refused.
 * The field keeps it; the page writes to it only when one of these begins or ends, never while somebody types.
 */
export function useComposerText(roomId: string, mode: ComposerMode): ComposerText {
  const chat = useChat();
  const nameOf = useNames();
  const field = useRef<HTMLTextAreaElement>(null);
  const picked = useRef<readonly Person[]>([]);
  const shown = useRef<ComposerMode>({ type: 'new' });
  const [length, setLength] = useState(0);
  const draft = useDraft(roomId);
  const mentions = useMentions(roomId, field);

  const changed = useCallback(() => {
    setLength(field.current?.value.length ?? 0);
    mentions.refresh();
    const isDraft = (): boolean => shown.current.type === 'new' || shown.current.type === 'reply';
    draft.keepSoon(() => (isDraft() && field.current ? { text: field.current.value, people: picked.current } : undefined));
    if (field.current?.value) chat.typing(roomId);
  }, [chat, roomId, mentions, draft]);
  const fill = useCallback((text: string, chosen: readonly Person[]) => {
    if (!field.current) return;
    field.current.value = text;
    picked.current = [...chosen];
    setLength(text.length);
    mentions.close();
  }, [mentions]);
  const choose = useCallback((person: Person) => {
    if (!field.current || !mentions.suggestions) return;
    picked.current = [...picked.current.filter(({ userId }) => userId !== person.userId), person];
    insertMention(field.current, mentions.suggestions.start, person);
    mentions.close();
  }, [mentions]);

  useLayoutEffect(() => {
    const left = draft.load();
    if (field.current && field.current.value === '') fill(left.text, left.people);
    // What was left is put in once, where the room opens.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [draft]);
  // Another mode brings its own text; what was being written waits as the room's draft.
  useEffect(() => {
    const before = shown.current;
    shown.current = mode;
    const written = mode.type === 'edit' ? mode.message.text : mode.type === 'rewrite' ? mode.text : undefined;
    if (written !== undefined && before !== mode) {
      // Names that load later must not rewrite the field, so they are taken as they are now.
      const { text, people: meant } = decodeMentions(written ?? '', nameOf);
      fill(text, meant);
    } else if (before.type === 'edit' || before.type === 'rewrite') {
      const left = draft.load();
      fill(left.text, left.people);
    }
    if (mode.type !== 'new' || before.type !== 'new') field.current?.focus();
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [mode]);
  return { field, picked, people: mentions.people, length, mentions, draft, fill, changed, choose };
}
