import { styleText } from 'node:util';

export type Cell = string | number | undefined;

/** Where a command's answer goes: standard output, for people or as JSON; what happens meanwhile goes to standard error. */
export type Output = {
  readonly json: boolean;
  /** The answer as a whole: with --json the value as one line, else the text. */
  answer(value: unknown, text: () => string): void;
  /** One of many answers: with --json one line each. */
  line(value: unknown, text: string): void;
  /** A word for people beside the answer. */
  note(text: string): void;
  /** Resolves when whoever reads the answers has taken them: before more is read, or a place is kept behind them. */
  taken(): Promise<void>;
};

/** Two streams are all it takes, so that tests can read what was said. */
export function createOutput(json: boolean, out: NodeJS.WritableStream = process.stdout, err: NodeJS.WritableStream = process.stderr): Output {
  return {
    json,
    answer: (value, text) => {
      out.write(json ? `${JSON.stringify(value)}\n` : `${text()}\n`);
    },
    line: (value, text) => {
      out.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`);
    },
    note: (text) => {
      err.write(`${text}\n`);
    },
    // A reader that is gone takes nothing more; that ends the process elsewhere.
    taken: () => new Promise((resolve) => { out.write('', () => resolve()); }),
  };
}

/** A table with a head, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (cell === undefined ? '' : typeof cell === 'number' ? cell.toLocaleString('en-US') : cell)));
  const right = head.map((_, at) => rows.length > 0 && rows.every((row) => row[at] === undefined || typeof row[at] === 'number'));
  const width = head.map((title, at) => Math.max(title.length, ...cells.map((row) => row[at]?.length ?? 0)));
  const render = (row: readonly string[]): string => row.map((cell, at) => (right[at] ? cell.padStart(width[at] ?? 0) : cell.padEnd(width[at] ?? 0))).join('  ').trimEnd();
  return [styleText('bold', render(head)), ...cells.map(render)].join('\n');
}

export const good = (text: string): string => styleText('green', text);
export const bad = (text: string): string => styleText('red', text);
export const dim = (text: string): string => styleText('dim', text);
