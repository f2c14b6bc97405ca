const charsMax = 500;
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Text that may hold what somebody typed, as one line for a terminal: nothing in it steers the terminal, and it ends somewhere. */
export function printable(text: string): string {
  const line = text.toWellFormed().trim().replaceAll(/\s*\n\s*/g, ' ').replaceAll('\t', ' ').replaceAll(unprintable, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return line.length <= charsMax ? line : `${line.slice(0, charsMax).toWellFormed()}…`;
}

/** What people wrote, as one line for a terminal and otherwise whole: new lines and tabs are escaped like all that could steer it. */
export const escaped = (text: string): string =>
  text.toWellFormed().replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll(unprintable, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

const quotedCharsMax = 60;

/** What somebody typed, as an error may repeat it: in quotes, cut short. */
export const quoted = (text: string): string => `"${escaped(text.length > quotedCharsMax ? `${text.slice(0, quotedCharsMax)}…` : text)}"`;
