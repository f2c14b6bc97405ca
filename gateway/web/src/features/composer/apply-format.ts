import { formatText, type TextMark } from '../../lib/format-text.ts';
import { insertText } from './use-mentions.ts';

export const formatKeys: Readonly<Record<string, TextMark | undefined>> = { 'mod+b': 'bold', 'mod+i': 'italic', 'mod+e': 'code', 'mod+shift+x': 'strike', 'mod+shift+l': 'link' };

/** Formats the selection of a text field as one step that can be undone. Never called while a syllable is being composed. */
export function applyFormat(field: HTMLTextAreaElement, mark: TextMark): void {
  const { start, end, text, selectStart, selectEnd } = formatText(field.value, field.selectionStart, field.selectionEnd, mark);
  insertText(field, start, end, text);
  field.setSelectionRange(selectStart, selectEnd);
}
