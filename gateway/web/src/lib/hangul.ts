import { disassemble, getChoseong } from 'es-hangul';

const initialsOnly = /^[ㄱ-ㅎ\s]+$/u;
const fold = (text: string): string => text.normalize('NFC').toLocaleLowerCase().trim();

/**
 * How well `query` fits `text`, for suggestion lists: 0 not at all, larger is better.
 * Korean is matched while a syllable is still being typed, so letters (jamo) are compared (`지여` finds 지영), and
 * initial consonants alone are enough (`ㅈㅇ` finds 지영).
 */
export function matchScore(query: string, text: string): number {
  const wanted = fold(query);
  const name = fold(text);
  if (wanted === '') return 1;
  if (name === wanted) return 6;
  if (name.startsWith(wanted)) return 5;
  if (initialsOnly.test(wanted)) {
    const initials = getChoseong(name).replaceAll(/\s/gu, '');
    const compact = wanted.replaceAll(/\s/gu, '');
    if (initials.startsWith(compact)) return 4;
    if (initials.includes(compact)) return 2;
  }
  const jamo = disassemble(name);
  const wantedJamo = disassemble(wanted);
  if (jamo.startsWith(wantedJamo)) return 4;
  if (name.split(/[\s_.-]+/u).some((word) => word.startsWith(wanted))) return 3;
  return jamo.includes(wantedJamo) ? 1 : 0;
}

/** The best `max` of `items` for a query, best first; equal ones keep their order. */
export function bestMatches<T>(query: string, items: Iterable<T>, textsOf: (item: T) => readonly string[], max: number): T[] {
  const scored: { item: T; score: number; order: number }[] = [];
  let order = 0;
  for (const item of items) {
    const score = Math.max(0, ...textsOf(item).map((text) => matchScore(query, text)));
    if (score > 0) scored.push({ item, score, order });
    order += 1;
  }
  return scored.sort((a, b) => b.score - a.score || a.order - b.order).slice(0, max).map(({ item }) => item);
}

const hangul = /[\uac00-\ud7a3\u3131-\u318e]/gu;
const letter = /\p{L}/gu;

/** `ko` for a paragraph that is mostly Hangul, so that a screen reader takes the right voice and glyphs are Korean. */
export function languageOf(text: string): 'ko' | undefined {
  const korean = text.match(hangul)?.length ?? 0;
  return korean > 0 && korean * 2 > (text.match(letter)?.length ?? 0) ? 'ko' : undefined;
}
