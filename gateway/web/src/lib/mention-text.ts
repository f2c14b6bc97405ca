/**
 * People are written `@name` in the composer and travel as `<@userId>`: a rename never breaks an old message, and two
 * people of one name stay two.
 */
export type Person = { readonly userId: string; readonly name: string };

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
const markup = /<@([0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})>/gu;
const code = /(```[\s\S]*?(?:```|$)|`[^`\n]*`)/u;

/** `@name` of the given people → markup, longest names first; inside code nothing changes. A Korean particle may follow directly. */
export function encodeMentions(text: string, people: readonly Person[]): string {
  const byName = new Map<string, string>();
  for (const { name, userId } of people) if (name !== '' && !byName.has(name)) byName.set(name, userId);
  if (byName.size === 0 || !text.includes('@')) return text;
  const names = [...byName.keys()].sort((a, b) => b.length - a.length).map(escaped);
  const written = new RegExp(String.raw`(?<![\p{L}\p{N}_@<])@(${names.join('|')})(?![A-Za-z0-9_])`, 'gu');
  return text
    .split(code)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(written, (whole, name: string) => (byName.has(name) ? `<@${byName.get(name)}>` : whole))))
    .join('');
}

/** Markup → `@name`, for editing and for plain previews. `nameOf` gives undefined for people it does not know. */
export function decodeMentions(text: string, nameOf: (userId: string) => string | undefined): { text: string; people: Person[] } {
  const people: Person[] = [];
  const decoded = text.replaceAll(markup, (whole, userId: string) => {
    const name = nameOf(userId);
    if (name === undefined) return whole;
    people.push({ userId, name });
    return `@${name}`;
  });
  return { text: decoded, people };
}

/** The word being completed before the caret: `@지여|` → `{ query: '지여', start }`. Undefined where no completion should open. */
export function mentionQuery(text: string, caret: number): { readonly query: string; readonly start: number } | undefined {
  const before = text.slice(0, caret);
  const match = /(?:^|[\s([{"'“‘,.!?:;/])@([\p{L}\p{N}_.-]{0,40})$/u.exec(before);
  if (!match) return undefined;
  const query = match[1] ?? '';
  return { query, start: caret - query.length - 1 };
}
