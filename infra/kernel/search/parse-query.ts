import { charactersOf, gramsOf, stemOf, type Token, tokensOf } from './tokens.ts';

type Word = Pick<Token, 'text' | 'dense'>;

/** One thing that a text must, or must not, have. */
export type Term =
  /** A whole word, or another of its family. */
  | { readonly kind: 'word'; readonly text: string; readonly stem: string }
  /** Characters in a row within a word; `core` is what is left of `text` without a particle or verb ending. */
  | { readonly kind: 'dense'; readonly text: string; readonly core: string }
  /** The beginning of a word. */
  | { readonly kind: 'prefix'; readonly text: string }
  /** Words that follow each other. */
  | { readonly kind: 'phrase'; readonly words: readonly Word[] };

export type ParsedQuery = { readonly must: readonly Term[]; readonly not: readonly Term[] };

/** More would only wait for each other. */
export const termsMax = 20;
const prefixCharsMin = 2;

/** Words too frequent to tell anything; kept in phrases, and where nothing else was asked. */
const stopWords: ReadonlySet<string> = new Set(
  'a an and are as at be but by for i if in into is it me my of on or so such that the their then there these they this to was we will with you your'.split(' '),
);

// Particles that hang on nouns, longest first.
const particles = [
  '에게서는', '으로부터', '에서부터', '이라는', '에게서', '에서는', '에서도', '으로는', '으로도', '까지는', '이라고', '이나마', '부터는', '한테서',
  '에게', '에서', '으로', '까지', '부터', '처럼', '보다', '마다', '조차', '밖에', '한테', '이랑', '이나', '라는', '라고', '하고', '에는', '에도', '과는', '와는', '들이', '들은', '들을', '들의',
  '를', '을', '이', '가', '은', '는', '의', '에', '로', '와', '과', '도', '만', '랑', '나', '께', '야', '요', '들',
];
// Endings of verbs made of a noun and 하다 or 되다.
const verbEnding = /(?:하|했|해|할|한|함|합|되|됐|돼|될|된|됨|됩)[가-힣]{0,5}$/u;
const stemCharsMin = 2;

/** A sign alone or doubled is no exclusion: "--decode" is a word that somebody looks for. */
const piece = /(-(?=[\p{L}\p{N}"]))?(?:"([^"]*)"?|(\S+))/gu;

/**
 * Reads what a person typed: words, "phrases", -exclusions, beginnings*. Nothing in it is an error: an open quote ends
 * with the text, signs without a word are dropped. No other operator exists, so none can be smuggled in.
 */
export function parseQuery(typed: string): ParsedQuery {
  const must: Term[] = [];
  const not: Term[] = [];
  for (const [, minus, quoted, bare = ''] of typed.normalize('NFKC').matchAll(piece)) {
    const term = quoted === undefined ? termOf(bare) : phraseOf(tokensOf(quoted));
    if (term) (minus ? not : must).push(term);
  }
  const telling = must.filter((term) => term.kind !== 'word' || !stopWords.has(term.text));
  return { must: distinct(telling.length > 0 ? telling : must), not: distinct(not) };
}

function termOf(bare: string): Term | undefined {
  const tokens = tokensOf(bare);
  const [first] = tokens;
  if (!first) return undefined;
  if (tokens.length === 1 && bare.endsWith('*') && first.text.length >= prefixCharsMin) return { kind: 'prefix', text: first.text };
  if (tokens.length > 1) {
    // "git에서" asks for git: the particle belongs to this sentence, not to the one that is looked for.
    const last = tokens.at(-1)!;
    const told = last.dense && particles.includes(last.text) && !tokens.at(-2)!.dense ? tokens.slice(0, -1) : tokens;
    return phraseOf(told);
  }
  return wordTerm(first);
}

const wordTerm = ({ text, dense }: Word): Term => (dense ? { kind: 'dense', text, core: coreOf(text) } : { kind: 'word', text, stem: stemOf(text) });

function phraseOf(tokens: readonly Token[]): Term | undefined {
  const [first] = tokens;
  if (!first) return undefined;
  if (tokens.length === 1) return first.dense ? { kind: 'dense', text: first.text, core: first.text } : { kind: 'phrase', words: [{ text: first.text, dense: false }] };
  return { kind: 'phrase', words: tokens.map(({ text, dense }) => ({ text, dense })) };
}

/** A Korean word without the particle or verb ending of its sentence, where at least two characters remain. */
export function coreOf(word: string): string {
  if (!/^[가-힣]+$/u.test(word)) return word;
  const verb = verbEnding.exec(word);
  if (verb && verb.index >= stemCharsMin) return word.slice(0, verb.index);
  const particle = particles.find((ending) => word.endsWith(ending) && word.length - ending.length >= stemCharsMin);
  return particle === undefined ? word : word.slice(0, -particle.length);
}

function distinct(terms: readonly Term[]): Term[] {
  return [...new Map(terms.map((term) => [JSON.stringify(term), term])).values()];
}

/** A phrase as it stands in kept words: whole words, but a dense word at either end may be part of a longer one. */
export function phraseText(words: readonly Word[]): string {
  const joined = words.map(({ text }) => text).join(' ');
  return `${words[0]!.dense ? '' : ' '}${joined}${words.at(-1)!.dense ? '' : ' '}`;
}

/** Keys that every row with this term has; none where only the words can tell. */
export function keysOfTerm(term: Term): string[] {
  switch (term.kind) {
    case 'word': return [term.stem];
    case 'dense': return charactersOf(term.core).length === 1 ? [`^${term.core}`] : gramsOf(term.core).slice(1);
    case 'prefix': return [];
    case 'phrase': return term.words.flatMap(({ text, dense }) => (dense ? gramsOf(text).slice(1) : [stemOf(text)]));
  }
}
