const hues = [20, 55, 95, 140, 185, 235, 280, 330] as const;
const overrides = /[\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A hue that stays the same for a person on every screen; lightness and chroma come from the theme, so contrast holds. */
export function hueOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193) >>> 0;
  return hues[hash % hues.length] ?? hues[0];
}

/** A name as it may be shown: direction overrides would let one name dress up as another. */
export const shownName = (name: string): string => name.replaceAll(overrides, '').trim();

/** The first character as a person would count it, with its marks; an emoji whole. */
export const firstCharacter = (text: string): string => /^(?:\p{RGI_Emoji}|\P{M}\p{M}*)/v.exec(text)?.[0] ?? '';

/** One or two characters for an avatar. In Korean the given name (the last two syllables) says more than the family name. */
export function initialsOf(name: string): string {
  const clean = shownName(name);
  if (/^[\uac00-\ud7a3]{2,}$/u.test(clean)) return clean.slice(-2);
  const words = clean.split(/[\s_.|-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = firstCharacter(words[0] ?? clean) || '?';
  const second = words.length > 1 ? firstCharacter(words.at(-1) ?? '') : '';
  if (/[\uac00-\ud7a3\u3040-\u30ff\u4e00-\u9fff]/u.test(first)) return first;
  return (first + second).toLocaleUpperCase();
}
