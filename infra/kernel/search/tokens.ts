import { stemmer } from 'stemmer';

/**
 * One word of a text. `dense`: of a script that joins words or hangs endings on them (Hangul, Han, Kana), so that it
 * is looked for inside longer runs; all others are looked for as whole words.
 */
export type Token = { readonly text: string; readonly start: number; readonly end: number; readonly dense: boolean };

const run = /[\p{L}\p{N}\p{M}]+/gu;
const plain = /^[A-Za-z0-9]+$/;
/** Most texts hold nothing but ASCII, whole Hangul syllables and punctuation: folding changes no more of them than their case. */
// oxlint-disable-next-line no-control-regex
const settled = /^[\0-\x7f\u2000-\u206f가-힣]*$/;
const settledWord = /[a-z0-9]+|[가-힣]+/g;
const denseRun = /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]+/gu;
const marks = /\p{Mn}+/gu;
/** Longer words (hashes, encoded data) are kept by their beginning: no index takes keys of any length. */
const keyCharsMax = 64;
const stemsMax = 50_000;

/** Words of a text with their places in it, in order. Everything that is neither letter, number nor mark parts words; so does a change between dense and other scripts. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  run.lastIndex = 0;
  for (let match = run.exec(text); match !== null; match = run.exec(text)) {
    const { 0: found, index } = match;
    // Most words of most texts; nothing of what follows would change them.
    if (plain.test(found)) tokens.push({ text: found.toLowerCase(), start: index, end: index + found.length, dense: false });
    else addParts(tokens, found, index);
  }
  return tokens;
}

function addParts(tokens: Token[], found: string, index: number): void {
  let from = 0;
  denseRun.lastIndex = 0;
  for (let match = denseRun.exec(found); match !== null; match = denseRun.exec(found)) {
    const { 0: dense, index: at } = match;
    if (at > from) tokens.push(...spaced(found.slice(from, at), index + from));
    tokens.push({ text: dense.normalize('NFKC'), start: index + at, end: index + at + dense.length, dense: true });
    from = at + dense.length;
  }
  if (from < found.length) tokens.push(...spaced(found.slice(from), index + from));
}

/** Compatibility forms, case and accents make no difference: "Ｃａｆé" is "cafe". */
function spaced(found: string, start: number): Token[] {
  const folded = found.normalize('NFKC').toLowerCase().normalize('NFD').replace(marks, '').normalize('NFC');
  // Compatibility forms such as "㎏" or "½" may come apart into what is no letter.
  const text = folded.replace(/[^\p{L}\p{N}]+/gu, '');
  return text === '' ? [] : [{ text, start, end: start + found.length, dense: false }];
}

/** The words of a text as an index keeps them: in order, between single spaces, with one at either end. */
export function wordsOf(text: string): string {
  const words = settled.test(text) ? text.toLowerCase().match(settledWord) : tokensOf(text).map((token) => token.text);
  return words === null || words.length === 0 ? '' : ` ${words.join(' ')} `;
}

/** Whether a kept word is of a dense script. */
export const isDense = (word: string): boolean => /^[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u.test(word);

/** Words of `wordsOf`, one by one. */
export const listOf = (words: string): string[] => (words === '' ? [] : words.slice(1, -1).split(' '));

const stems = new Map<string, string>();

/** What English words of one family have in common (Porter): "mounting", "mounted" and "mount" are one. Other words stay. */
export function stemOf(word: string): string {
  const short = word.slice(0, keyCharsMax);
  if (!/^[a-z]{3,}$/.test(short)) return short;
  let stem = stems.get(short);
  if (stem === undefined) {
    if (stems.size >= stemsMax) stems.clear();
    stems.set(short, (stem = stemmer(short)));
  }
  return stem;
}

/** Whole characters, also those beyond the basic plane. */
export const charactersOf = (word: string): string[] => Array.from(word);

/** Two characters next to each other, for dense words; `^` and the first one alone, because some words are that short. */
export function gramsOf(word: string): string[] {
  const characters = charactersOf(word);
  return [`^${characters[0]}`, ...characters.slice(1).map((character, at) => `${characters[at]}${character}`)];
}

/** What a row is found by: stems of spaced words, pairs of characters of dense ones. Each once. */
export function keysOf(words: string): string[] {
  return [...new Set(listOf(words).flatMap((word) => (isDense(word) ? gramsOf(word) : [stemOf(word)])))];
}
