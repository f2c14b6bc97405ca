export type SnippetPart = { readonly text: string; readonly hit: boolean };
type Range = { readonly start: number; readonly end: number };

const mention = /<@([0-9a-f-]{36})>/gu;
/** So much of what comes before the first hit is shown. */
const leadChars = 60;

/**
 * A short piece of a message around what was found. Ranges are places in the message's own text, in UTF-16 code units,
 * ascending; `max` bounds the characters. Mentions become names; a cut is marked and never splits a character.
 */
export function snippetOf(text: string, ranges: readonly Range[], max: number, nameOf: (userId: string) => string): readonly SnippetPart[] {
  const wanted = Math.max(0, (ranges[0]?.start ?? 0) - leadChars);
  const from = wanted === 0 || text.length <= max ? 0 : wordStart(text, wanted);
  const to = Math.min(text.length, from + max);
  const parts: SnippetPart[] = [];
  const add = (start: number, end: number, hit: boolean): void => {
    const piece = plain(text.slice(whole(text, start), whole(text, end)), nameOf);
    if (piece !== '') parts.push({ text: piece, hit });
  };
  if (from > 0) parts.push({ text: '…', hit: false });
  let at = from;
  for (const { start, end } of ranges) {
    if (end <= at || start >= to) continue;
    add(at, Math.max(at, start), false);
    add(Math.max(at, start), Math.min(end, to), true);
    at = Math.min(end, to);
  }
  add(at, to, false);
  if (to < text.length) parts.push({ text: '…', hit: false });
  return parts;
}

/** Marks that say nothing in a single line; a lone star or underscore may be part of what was said. */
const marks = /\*\*|~~|```[\w+#.-]*|`/gu;
const plain = (text: string, nameOf: (userId: string) => string): string =>
  text.replaceAll(mention, (_, userId: string) => `@${nameOf(userId)}`).replaceAll(marks, '').replaceAll(/\s+/gu, ' ');

/** A place that is not in the middle of a surrogate pair. */
function whole(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return at > 0 && at < text.length && code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

/** The beginning of the word at a place, or the place itself in a very long word. */
function wordStart(text: string, at: number): number {
  const gap = text.slice(at, at + leadChars).search(/\s/u);
  return gap < 0 ? whole(text, at) : at + gap + 1;
}
