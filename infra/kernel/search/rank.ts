import { type ParsedQuery, phraseText, type Term } from './parse-query.ts';
import { isDense, listOf } from './tokens.ts';

const halfLifeMs = 30 * 86_400_000;
const shortWords = 12;
const [exactWeight, togetherWeight, recentWeight, briefWeight] = [2, 1.5, 1, 0.5];

/**
 * How good a match is: the very words that were asked for, all together and in order, lately said, in few words.
 * `ageMs` is counted from the newest message that it is compared with, so the number is the same on every page.
 */
export function scoreOf({ must }: ParsedQuery, words: string, ageMs: number): number {
  const recent = 2 ** (-Math.max(0, ageMs) / halfLifeMs);
  if (must.length === 0) return recent;
  const exact = must.filter((term) => isExact(words, term)).length / must.length;
  const together = must.length > 1 && words.includes(phraseText(must.flatMap(wordsOfTerm))) ? 1 : 0;
  const brief = Math.min(1, shortWords / Math.max(1, listOf(words).length));
  return round(exactWeight * exact + togetherWeight * together + recentWeight * recent + briefWeight * brief);
}

function isExact(words: string, term: Term): boolean {
  if (term.kind === 'phrase') return true;
  return words.includes(` ${term.text}${term.kind === 'dense' ? '' : ' '}`);
}

function wordsOfTerm(term: Term) {
  return term.kind === 'phrase' ? term.words : [{ text: term.text, dense: term.kind === 'prefix' || isDense(term.text) }];
}

// Numbers travel in page tokens: as many digits as are told there.
const round = (score: number): number => Math.round(score * 1e6) / 1e6;
