import { createReadStream, openSync, closeSync, readSync } from 'node:fs';
import { hash } from 'node:crypto';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { commitBytesMax } from '@parley/contracts/envelope/limits';
import { boundedLines } from '../bounded-lines.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { SignedHead } from '../head/signed-head.ts';

/** A room's log as a file: one JSON value a line, the last of which is the hash of all before it. Gzip is seen by its first bytes. */
export const RoomFileHead = z.strictObject({
  parley: z.literal('room-export/1'), ws: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), room: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  stream: z.string().max(16), epoch: z.string().max(64), exportedAt: z.iso.datetime(),
});
/** A commit as stored: its sequence, when the server stored it (milliseconds since 1970), its bytes (base64). */
const CommitLine = z.strictObject({ commit: z.strictObject({ seq: z.int().min(1), at: z.number(), bytes: z.base64().max(2 * commitBytesMax) }) });
/** What an event said, opened; left out for what was redacted or replaced since, unless that was asked for. */
const TextLine = z.strictObject({ text: z.strictObject({ n: z.int().min(1), content: z.record(z.string().max(64), z.unknown()).nullable() }) });
/** A content key (base64url), by the id that sealed events name. */
const KeyLine = z.strictObject({ key: z.strictObject({ k: z.string().max(128), key: z.string().regex(/^[A-Za-z0-9_-]{43}$/) }) });
/** That the commit at `seq` is in the tree of a signed head: siblings from the leaf upwards (RFC 9162 §2.1.3). */
const ProofLine = z.strictObject({ proof: z.strictObject({ signed: SignedHead, seq: z.int().min(1), path: z.array(z.string().regex(/^[A-Za-z0-9_-]{43}$/)).max(64) }) });
const EndLine = z.strictObject({ end: z.strictObject({ lines: z.int().min(1), sha256: z.string() }) });
const AnyLine = z.union([CommitLine, TextLine, KeyLine, ProofLine, EndLine]);

export type RoomFileHead = z.infer<typeof RoomFileHead>;
export type RoomFileLine = z.infer<typeof AnyLine>;
export type Proof = z.infer<typeof ProofLine>['proof'];

const lineCharsMax = 512 * 1024;

/** Joins lines into a file's text, with the hash at its end. */
export class RoomFileWriter {
  #running = '';
  #lines = 0;
  line(value: RoomFileHead | Exclude<RoomFileLine, { end: unknown }>): string {
    const text = JSON.stringify(value);
    this.#running = next(this.#running, text);
    this.#lines += 1;
    return `${text}\n`;
  }
  end(): string {
    return `${JSON.stringify({ end: { lines: this.#lines, sha256: this.#running } })}\n`;
  }
}

const next = (running: string, text: string): string => hash('sha256', `${running}\n${text}`, 'base64url');

/**
 * Reads such a file line by line, whatever it is: first its head, then what follows. Never more than one line is in
 * memory. Throws CliError (1) with the line for whatever is no room file, cut off, or changed.
 */
export async function* readRoomFile(file: string): AsyncGenerator<RoomFileHead | Exclude<RoomFileLine, { end: unknown }>> {
  let [count, running, hasEnded] = [0, '', false];
  const refuse = (what: string): never => {
    throw new CliError(exitCodes.finding, `${file} line ${count}: ${what}.`);
  };
  for await (const text of linesOf(file)) {
    count += 1;
    if (hasEnded) return refuse('something follows the end');
    if (text === undefined) return refuse(`the line is longer than ${lineCharsMax} characters`);
    const value = parse(text);
    const parsed = (count === 1 ? RoomFileHead : AnyLine).safeParse(value);
    if (!parsed.success) return refuse(count === 1 ? 'the file is no export of a room' : 'the line is none of an export');
    if ('end' in parsed.data) {
      const { lines, sha256 } = parsed.data.end;
      if (lines !== count - 1 || sha256 !== running) return refuse('the file is not as it was written: its hash is another');
      hasEnded = true;
      continue;
    }
    running = next(running, text);
    yield parsed.data;
  }
  if (!hasEnded) refuse('the file ends before its end');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function* linesOf(file: string): AsyncGenerator<string | undefined> {
  try {
    const source = createReadStream(file);
    yield* boundedLines(isGzip(file) ? pipeline(source, createGunzip(), () => {}) : source, lineCharsMax);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR' ? 'the gzip ends too early' : error instanceof Error ? error.message : String(error);
    throw new CliError(exitCodes.finding, `${file} cannot be read: ${reason}.`, undefined, { cause: error });
  }
}

function isGzip(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const first = Buffer.alloc(2);
    readSync(handle, first, 0, 2, 0);
    return first[0] === 0x1f && first[1] === 0x8b;
  } finally {
    closeSync(handle);
  }
}
