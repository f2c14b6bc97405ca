import { type ParsedQuery, phraseText, type Term } from './parse-query.ts';
import { charactersOf, listOf, stemOf } from './tokens.ts';

/** Whether kept words (`wordsOf`) have what was asked: what an index finds, said for one text. */
export function matches({ must, not }: ParsedQuery, words: string): boolean {
  return must.every((term) => has(words, term)) && !not.some((term) => has(words, term));
}

function has(words: string, term: Term): boolean {
  switch (term.kind) {
    case 'word': return words.includes(` ${term.text} `) || listOf(words).some((word) => stemOf(word) === term.stem);
    case 'dense': return charactersOf(term.core).length === 1 ? words.includes(` ${term.core}`) : words.includes(term.core);
    case 'prefix': return words.includes(` ${term.text}`);
    case 'phrase': return words.includes(phraseText(term.words));
  }
}
