/** One message of a day: who said it, what, and how many minutes after the day's first message. */
export type DayLine = { readonly nick: string; readonly text: string; readonly afterMinutes: number };
export type Day = { readonly name: string; readonly lines: readonly DayLine[] };

const SAID = /^\[(\d\d):(\d\d)\] (?:<([^>\s]+)>|\* (\S+)) (.+)$/;
const DAY_MINUTES = 24 * 60;
const TEXT_CHARACTERS_MAX = 4_000;

/** Reads a day of an IRC archive: `[hh:mm] <nick> text` and `[hh:mm] * nick does`; comings and goings are left out. */
export function readDay(name: string, raw: string): Day {
  let first: number | undefined;
  let last = 0;
  let days = 0;
  const lines = raw.split('\n').flatMap((line): DayLine[] => {
    const match = SAID.exec(line.trimEnd());
    if (match === null) return [];
    const [, hours, minutes, speaker, actor, said = ''] = match;
    const minute = Number(hours) * 60 + Number(minutes);
    first ??= minute;
    // A file may run past midnight.
    if (minute < last - DAY_MINUTES / 2) days += 1;
    last = minute;
    const nick = speaker ?? actor ?? '';
    const text = (actor === undefined ? said : `${actor} ${said}`).slice(0, TEXT_CHARACTERS_MAX);
    return [{ nick, text, afterMinutes: Math.max(0, minute + days * DAY_MINUTES - first) }];
  });
  return { name, lines };
}
