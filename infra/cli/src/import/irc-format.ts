/** One thing that somebody said. `line` is its place in the file, counted from 0 over all lines. */
export type SaidLine = { readonly line: number; readonly nick: string; readonly text: string; /** ISO instant. */ readonly sentAt: string };
export type ParsedDay = {
  readonly said: readonly SaidLine[];
  /** All lines of the file. */
  readonly lines: number;
  /** Comings, goings and notices. */
  readonly system: number;
  /** Lines on which somebody said nothing. */
  readonly empty: number;
};

const SAID = /^\[(\d\d):(\d\d)\] (?:<([^>\s]+)>(?: (.*))?|\s*\* (\S+)(?: (.*))?)$/;
const minutesPerDay = 24 * 60;
/** Bold, colour, underline … of IRC clients, and other control characters that no page shows. */
const CODES = /\u0003\d{0,2}(?:,\d{1,2})?|[\u0000-\u0008\u000b-\u001f\u007f]/g;

/**
 * Reads a day of a channel's log: `[hh:mm] <nick> text`, `[hh:mm] * nick does`; all else is the system's. The day's
 * date comes from the file's name. A log that runs past midnight goes on with the next day; one whose hours never
 * reach 12 has a clock of twelve hours, which passes its end twice a day.
 */
export function parseDay(date: string, raw: string): ParsedDay {
  const lines = raw.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const isTwelveHours = !lines.some((line) => Number(SAID.exec(line)?.[1] ?? 0) >= 12);
  const roundMinutes = isTwelveHours ? minutesPerDay / 2 : minutesPerDay;
  const midnight = Date.parse(`${date}T00:00:00.000Z`);
  const said: SaidLine[] = [];
  let [last, rounds, system, empty] = [0, 0, 0, 0];
  lines.forEach((line, index) => {
    const match = SAID.exec(line.trimEnd());
    if (!match) {
      system += 1;
      return;
    }
    const [, hours, minutes, speaker, words, actor, deed] = match;
    const minute = Number(hours) * 60 + Number(minutes);
    // A minute that goes back by half a round is a new round; by less, lines that were written out of order.
    if (minute < last - roundMinutes / 2) rounds += 1;
    last = minute;
    const nick = speaker ?? actor ?? '';
    const text = clean(actor === undefined ? (words ?? '') : `* ${actor} ${deed ?? ''}`);
    if (text === '') empty += 1;
    else said.push({ line: index, nick, text, sentAt: new Date(midnight + (rounds * roundMinutes + minute) * 60_000).toISOString() });
  });
  return { said, lines: lines.length, system, empty };
}

/** Text as every store can hold it: without control codes, well-formed, at most 8,000 UTF-16 units. */
export function clean(text: string): string {
  return text.replace(CODES, '').toWellFormed().trim().slice(0, 8_000).toWellFormed().trimEnd();
}

/** Date in a file's name (`2004-12-25.train-c.raw.txt`), undefined if there is none that exists. */
export function dateOf(fileName: string): string | undefined {
  const date = /(?:^|[^\d])(\d{4}-\d{2}-\d{2})(?!\d)/.exec(fileName)?.[1];
  if (date === undefined) return undefined;
  const day = new Date(`${date}T00:00:00Z`);
  // The 30th of February reads as a day of March.
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date) ? date : undefined;
}
