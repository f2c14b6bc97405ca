import type { ParsedQuery, Term } from './parse-query.ts';
import { charactersOf, stemOf, type Token, tokensOf } from './tokens.ts';

type Range = { readonly start: number; readonly end: number };

/** Where a text has what was asked for: ascending ranges of its characters that never overlap. At most `max`. */
export function highlightsOf({ must }: ParsedQuery, text: string, max = 50): Range[] {
  const tokens = tokensOf(text);
  const found = must.flatMap((term) => rangesOf(tokens, term)).sort((a, b) => a.start - b.start || b.end - a.end);
  const merged: { start: number; end: number }[] = [];
  for (const range of found) {
    const last = merged.at(-1);
    if (last && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else merged.push({ ...range });
  }
  return merged.slice(0, max);
}

function rangesOf(tokens: readonly Token[], term: Term): Range[] {
  switch (term.kind) {
    case 'word': return tokens.filter(({ text }) => text === term.text || stemOf(text) === term.stem);
    case 'prefix': return tokens.filter(({ text }) => text.startsWith(term.text));
    case 'dense': return tokens.flatMap((token) => insideOf(token, term.text) ?? insideOf(token, term.core) ?? []);
    case 'phrase': return phraseRanges(tokens, term.words);
  }
}

/** The part of a token; all of it where its characters do not stand one for one in the text. */
function insideOf(token: Token, part: string): Range | undefined {
  const at = charactersOf(part).length === 1 ? (token.text.startsWith(part) ? 0 : -1) : token.text.indexOf(part);
  if (at < 0) return undefined;
  if (token.text.length !== token.end - token.start) return token;
  return { start: token.start + at, end: token.start + at + part.length };
}

function phraseRanges(tokens: readonly Token[], words: readonly { readonly text: string; readonly dense: boolean }[]): Range[] {
  const last = words.length - 1;
  const fits = (token: Token | undefined, index: number): boolean => {
    const word = words[index]!;
    if (!token) return false;
    if (word.dense && index === 0) return token.text.endsWith(word.text);
    if (word.dense && index === last) return token.text.startsWith(word.text);
    return token.text === word.text;
  };
  return tokens.flatMap((token, at) => {
    if (!words.every((_, index) => fits(tokens[at + index], index))) return [];
    const end = tokens[at + last]!;
    const plain = (edge: Token): boolean => edge.text.length === edge.end - edge.start;
    return [{
      start: words[0]!.dense && plain(token) ? token.end - words[0]!.text.length : token.start,
      end: words[last]!.dense && plain(end) ? end.start + words[last]!.text.length : end.end,
    }];
  });
}
