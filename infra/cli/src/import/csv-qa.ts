import type { ImportPart } from './import-archive.ts';
import { authorIdOf } from './author.ts';
import { clean } from './irc-format.ts';

const epoch = Date.UTC(2018, 0, 1);
const secondsPerLine = 20;
export const questioner = '질문하는 사람';
export const answerer = '답하는 사람';

/**
 * Reads a table of questions and answers (columns Q and A) as the conversation of two people: line 2i asks, 2i + 1
 * answers, twenty seconds after each other from 2018-01-01 on, since the table has no times.
 */
export function partOfQuestions(name: string, csv: string, source: string): ImportPart {
  const [head = [], ...rows] = parseCsv(csv);
  const [q, a] = [head.indexOf('Q'), head.indexOf('A')];
  if (q < 0 || a < 0) throw new RangeError('the first line must name the columns Q and A');
  const asks = authorIdOf(source, questioner);
  const answers = authorIdOf(source, answerer);
  const all = rows.flatMap((row, index) => [
    { line: 2 * index, author: asks, text: clean(row[q] ?? ''), sentAt: timeOf(2 * index) },
    { line: 2 * index + 1, author: answers, text: clean(row[a] ?? ''), sentAt: timeOf(2 * index + 1) },
  ]);
  const lines = all.filter(({ text }) => text !== '');
  return { name, lines, people: new Map([[asks as string, questioner], [answers as string, answerer]]), rawLines: all.length, system: 0, empty: all.length - lines.length };
}

const timeOf = (line: number): string => new Date(epoch + line * secondsPerLine * 1_000).toISOString();

/** Comma-separated values by RFC 4180: quoted fields may hold commas, line ends and doubled quotes. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  for (FIELD.lastIndex = text.charCodeAt(0) === 0xfeff ? 1 : 0; FIELD.lastIndex < text.length; ) {
    const at = FIELD.lastIndex;
    const match = FIELD.exec(text);
    if (!match) throw new RangeError(`the table cannot be read at character ${at}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
