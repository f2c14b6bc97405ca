import { styleText } from 'node:util';

/** Takes one short line about what is being done now. */
export type Progress = (note: string) => void;

const FRAME_MS = 120;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/**
 * Runs `work` as one named step and prints one line for it: a tick, the name, its last note and the seconds.
 * On a terminal the line turns while the work runs; elsewhere it is printed when the work is done.
 * A failing step prints a cross and throws what the work threw.
 */
export async function step<T>(name: string, work: (note: Progress) => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const live = process.stdout.isTTY && process.env['CI'] === undefined;
  let last = '';
  let frame = 0;
  const line = (mark: string): string =>
    `${mark} ${name}${last === '' ? '' : styleText('dim', ` · ${last}`)}  ${styleText('dim', `${((performance.now() - startedAt) / 1000).toFixed(1)} s`)}`;
  const draw = (): void => {
    frame += 1;
    process.stdout.write(`\r\u001b[2K${line(FRAMES[frame % FRAMES.length] ?? '·').slice(0, (process.stdout.columns ?? 120) + 20)}`);
  };
  const timer = live ? setInterval(draw, FRAME_MS) : undefined;
  const finish = (mark: string): void => {
    clearInterval(timer);
    process.stdout.write(`${live ? '\r\u001b[2K' : ''}${line(mark)}\n`);
  };
  try {
    const result = await work((note) => {
      last = note;
    });
    finish(styleText('green', '✓'));
    return result;
  } catch (error) {
    finish(styleText('red', '✗'));
    throw error;
  }
}

/** A failure that is explained by its message alone: printed without a stack. */
export class PlainError extends Error {
  override readonly name = 'PlainError';
}

/** Told by its name: the launcher runs from source and what it starts is compiled, so there are two of these classes. */
const isPlain = (error: unknown): error is Error => error instanceof Error && error.name === 'PlainError';

/** Prints why a program ended badly; a `PlainError` without its stack. */
export function printFailure(error: unknown): void {
  const text = isPlain(error) ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`\n${text}\n`);
}
