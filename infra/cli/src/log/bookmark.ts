import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { streamNames } from '@parley/contracts/wire/partition';
import { CliError, exitCodes } from '../exit-codes.ts';
import type { StreamRange } from './merge-streams.ts';
import type { Point } from './point.ts';

/** How points are part of a question: as they were said. */
export const saidOf = (point: Point | undefined): unknown => (point && 'atMs' in point ? (point.said ?? point.atMs) : point);

const Bookmark = z.object({
  v: z.literal(1),
  command: z.string(),
  /** What was asked: going on with another question would make an answer to none. */
  question: z.record(z.string(), z.unknown()),
  /** Epoch of each stream: in another log the sequences mean nothing. */
  epochs: z.record(z.string(), z.string()),
  ranges: z.array(z.object({ stream: z.enum(streamNames as [string, ...string[]]), fromSeq: z.int().min(1), toSeq: z.int().min(0), skipEvents: z.int().min(0).optional() })),
  done: z.int().min(0),
  notes: z.record(z.string(), z.string()),
});
type Bookmark = z.infer<typeof Bookmark>;

/** A place in the log at which long work goes on; kept in a file if one is named. */
export class Place {
  readonly #file: string | undefined;
  readonly #bookmark: Bookmark;
  readonly #next: Map<string, number>;
  readonly #skip = new Map<string, number>();

  private constructor(file: string | undefined, bookmark: Bookmark) {
    this.#file = file;
    this.#bookmark = bookmark;
    this.#next = new Map(bookmark.ranges.map(({ stream, fromSeq }) => [stream, fromSeq]));
    for (const { stream, skipEvents } of bookmark.ranges) if (skipEvents !== undefined) this.#skip.set(stream, skipEvents);
  }

  /**
   * Goes on where the file says, or begins with the ranges that `begin` finds when there is no such file (or none is
   * named). Throws CliError (2) for a file that is no place, is another question's, or is of another log.
   */
  static async open(file: string | undefined, command: string, question: Record<string, unknown>, epochs: Readonly<Record<string, string>>, begin: () => Promise<readonly StreamRange[]>): Promise<Place> {
    const asked = JSON.parse(JSON.stringify(question)) as Record<string, unknown>;
    const kept = file === undefined ? undefined : await readPlace(file);
    if (kept === undefined) return new Place(file, { v: 1, command, question: asked, epochs: { ...epochs }, ranges: (await begin()).map((range) => ({ ...range })), done: 0, notes: {} });
    if (kept.command !== command || JSON.stringify(kept.question) !== JSON.stringify(asked)) throw new CliError(exitCodes.usage, `${file} is the place of another question: ${kept.command} ${JSON.stringify(kept.question)}.`, 'Ask the same again, or name another file.');
    const other = kept.ranges.find(({ stream }) => kept.epochs[stream] !== epochs[stream]);
    if (other) throw new CliError(exitCodes.usage, `${file} is a place in another log: ${other.stream} was made anew since.`, 'Begin again with another file.');
    return new Place(file, kept);
  }

  /** What is left to read. */
  ranges(): StreamRange[] {
    return this.#bookmark.ranges.map(({ stream, toSeq }) => ({ stream, fromSeq: this.#next.get(stream) ?? 1, toSeq })).filter(({ fromSeq, toSeq }) => fromSeq <= toSeq);
  }
  get isDone(): boolean {
    return this.ranges().length === 0;
  }
  /** Messages read so far, by this and earlier runs, and how many there are to read. */
  get done(): number {
    return this.#bookmark.done;
  }
  get total(): number {
    return this.#bookmark.done + this.ranges().reduce((sum, { fromSeq, toSeq }) => sum + toSeq - fromSeq + 1, 0);
  }

  get epochs(): Readonly<Record<string, string>> {
    return this.#bookmark.epochs;
  }

  /** Something to remember with the place, made the first time. */
  note(name: string, make: () => string): string {
    return (this.#bookmark.notes[name] ??= make());
  }

  /** Everything of the stream up to `seq` is dealt with. */
  moveTo(stream: string, seq: number): void {
    this.#bookmark.done += 1;
    this.#next.set(stream, seq + 1);
    this.#skip.delete(stream);
  }

  /** The first `events` events of the commit at `seq` are dealt with, and everything of its stream before it. */
  stopWithin(stream: string, seq: number, events: number): void {
    this.#next.set(stream, seq);
    this.#skip.set(stream, events);
  }

  /** So many events of the commit at `seq` were dealt with by an earlier run. */
  skipped(stream: string, seq: number): number {
    return this.#next.get(stream) === seq ? (this.#skip.get(stream) ?? 0) : 0;
  }

  /** Writes the file, whole or not at all. */
  async save(): Promise<void> {
    if (this.#file === undefined) return;
    const ranges = this.#bookmark.ranges.map(({ stream, fromSeq, toSeq }) => {
      const skipEvents = this.#skip.get(stream);
      return { stream, fromSeq: this.#next.get(stream) ?? fromSeq, toSeq, ...(skipEvents !== undefined && { skipEvents }) };
    });
    const temporary = `${this.#file}.new`;
    try {
      await writeFile(temporary, `${JSON.stringify({ ...this.#bookmark, ranges })}\n`, { mode: 0o600 });
      await rename(temporary, this.#file);
    } catch (error) {
      throw new CliError(exitCodes.usage, `The place cannot be kept: ${error instanceof Error ? error.message : String(error)}.`, undefined, { cause: error });
    }
  }
}

async function readPlace(file: string): Promise<Bookmark | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw new CliError(exitCodes.usage, `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`, undefined, { cause: error });
  }
  try {
    return Bookmark.parse(JSON.parse(text));
  } catch (error) {
    throw new CliError(exitCodes.usage, `${file} holds no place in a log.`, 'Name a file that is not there yet, or one that this command has written.', { cause: error });
  }
}

/** The bounds of a question as they were meant when it was first asked: "1h ago" is another hour by now. */
export function pointsOf(place: Place, { from, to }: { readonly from?: Point; readonly to?: Point }): { readonly from?: Point; readonly to?: Point } {
  const meant = (name: string, point: Point): Point => JSON.parse(place.note(name, () => JSON.stringify(point))) as Point;
  return { ...(from && { from: meant('from', from) }), ...(to && { to: meant('to', to) }) };
}
