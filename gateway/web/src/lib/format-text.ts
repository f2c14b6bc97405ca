export type TextMark = 'bold' | 'italic' | 'code' | 'strike' | 'link';
/** Replace `start` to `end` by `text`, then select `selectStart` to `selectEnd`. Places are UTF-16 code units. */
export type TextEdit = { readonly start: number; readonly end: number; readonly text: string; readonly selectStart: number; readonly selectEnd: number };

const signs: Readonly<Record<Exclude<TextMark, 'link'>, string>> = { bold: '**', italic: '*', code: '`', strike: '~~' };
const address = /^(?:https?:\/\/|mailto:)\S+$/iu;
const addressHint = 'https://';

/** What a formatting key does to a selection: it puts the mark around it, or takes it away where it is there already. */
export function formatText(text: string, start: number, end: number, mark: TextMark): TextEdit {
  if (mark === 'link') return link(text.slice(start, end), start, end);
  const chosen = text.slice(start, end);
  if (mark === 'code' && chosen.includes('\n')) return fence(chosen, text, start, end);
  return toggle(text, start, end, signs[mark]);
}

function toggle(text: string, start: number, end: number, sign: string): TextEdit {
  // Marks hug words: spaces at the ends of a selection stay outside, or Markdown would not see them.
  const chosen = text.slice(start, end);
  const blank = chosen.trim() === '';
  const from = start + (blank ? 0 : chosen.length - chosen.trimStart().length);
  const to = end - (blank ? 0 : chosen.length - chosen.trimEnd().length);
  const inner = text.slice(from, to);
  const size = sign.length;
  if (holds(sign, runAtEnd(text.slice(0, from), sign), runAtStart(text.slice(to), sign))) {
    return { start: from - size, end: to + size, text: inner, selectStart: from - size, selectEnd: to - size };
  }
  const [leading, trailing] = [runAtStart(inner, sign), runAtEnd(inner, sign)];
  if (inner.length > leading + trailing && holds(sign, leading, trailing)) {
    return { start: from, end: to, text: inner.slice(size, -size), selectStart: from, selectEnd: to - 2 * size };
  }
  return { start: from, end: to, text: `${sign}${inner}${sign}`, selectStart: from + size, selectEnd: to + size };
}

/** Whether runs of a sign's character on both sides hold the sign: one star is italic, two are bold, three are both. */
const holds = (sign: string, before: number, after: number): boolean =>
  sign === '*' ? before % 2 === 1 && after % 2 === 1 : before >= sign.length && after >= sign.length;

function runAtStart(text: string, sign: string): number {
  let length = 0;
  while (text[length] === sign[0] && length < text.length) length += 1;
  return length;
}

function runAtEnd(text: string, sign: string): number {
  let length = 0;
  while (length < text.length && text[text.length - 1 - length] === sign[0]) length += 1;
  return length;
}

/** Several lines of code become a block, on lines of its own. */
function fence(chosen: string, text: string, start: number, end: number): TextEdit {
  const before = start > 0 && text[start - 1] !== '\n' ? '\n' : '';
  const after = end < text.length && text[end] !== '\n' ? '\n' : '';
  const body = chosen.endsWith('\n') ? chosen : `${chosen}\n`;
  const opening = `${before}\`\`\`\n`;
  return { start, end, text: `${opening}${body}\`\`\`${after}`, selectStart: start + opening.length, selectEnd: start + opening.length + body.length - 1 };
}

/** A chosen address wants a label, a chosen label an address: what is missing is selected next. */
function link(chosen: string, start: number, end: number): TextEdit {
  if (address.test(chosen)) return { start, end, text: `[](${chosen})`, selectStart: start + 1, selectEnd: start + 1 };
  const at = start + chosen.length + 3;
  return { start, end, text: `[${chosen}](${addressHint})`, selectStart: at, selectEnd: at + addressHint.length };
}
