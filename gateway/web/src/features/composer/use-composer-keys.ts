import { type KeyboardEvent, useCallback, useEffect, useEffectEvent, useRef } from 'react';
import { inComposition } from '../../lib/composing.ts';
import { chordOf } from '../../lib/keys.ts';
import { coarsePointer } from '../shell/media.ts';
import { alwaysSends, type ComposerMode, meansSend } from './composer-model.ts';
import { applyFormat, formatKeys } from './apply-format.ts';
import type { ComposerText } from './use-composer-text.ts';

type Parts = {
  readonly text: ComposerText; readonly mode: ComposerMode; readonly submit: () => void; readonly onMode: (mode: ComposerMode) => void;
  readonly onEditLast: () => boolean; readonly onEscape: () => void;
};

/** What keys mean in the composer. Sending by Enter hangs on `beforeinput`: only that tells a line break from the end of a syllable. */
export function useComposerKeys({ text, mode, submit, onMode, onEditLast, onEscape }: Parts): (event: KeyboardEvent<HTMLTextAreaElement>) => void {
  const { field, mentions, choose } = text;
  const held = useRef({ shift: false, mod: false });
  const beforeInput = useEffectEvent((event: InputEvent) => {
    if (mentions.suggestions || !meansSend(event, held.current, !coarsePointer())) return;
    event.preventDefault();
    submit();
  });
  useEffect(() => {
    const element = field.current;
    if (!element) return undefined;
    const listener = (event: InputEvent): void => beforeInput(event);
    element.addEventListener('beforeinput', listener);
    return () => element.removeEventListener('beforeinput', listener);
  }, [field]);

  /** Answers whether the key belonged to the list of suggestions. */
  const inSuggestions = useCallback((event: KeyboardEvent<HTMLTextAreaElement>): boolean => {
    const { suggestions } = mentions;
    if (!suggestions) return false;
    const chosen = suggestions.people[suggestions.active];
    const run: Readonly<Record<string, (() => void) | undefined>> = {
      ArrowDown: () => mentions.move(1), ArrowUp: () => mentions.move(-1), Escape: mentions.dismiss,
      Enter: event.shiftKey || !chosen ? undefined : () => choose(chosen), Tab: chosen && (() => choose(chosen)),
    };
    const action = run[event.key];
    action?.();
    return action !== undefined;
  }, [mentions, choose]);

  return useCallback((event) => {
    held.current = { shift: event.shiftKey, mod: event.ctrlKey || event.metaKey };
    if (alwaysSends(event.nativeEvent)) {
      event.preventDefault();
      submit();
      return;
    }
    if (inComposition(event.nativeEvent)) return;
    const mark = formatKeys[chordOf(event)];
    if (mark) {
      event.preventDefault();
      applyFormat(event.currentTarget, mark);
      return;
    }
    // Shift+Escape is for the whole page.
    if (event.key === 'Escape' && event.shiftKey) return;
    if (inSuggestions(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      if (mode.type === 'new') onEscape();
      else onMode({ type: 'new' });
    } else if (event.key === 'ArrowUp' && event.currentTarget.value === '' && mode.type === 'new' && onEditLast()) event.preventDefault();
  }, [submit, inSuggestions, mode, onEscape, onMode, onEditLast]);
}
