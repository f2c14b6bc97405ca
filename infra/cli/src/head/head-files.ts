import { closeSync, createReadStream, existsSync, openSync, readSync } from 'node:fs';
import { mkdir, open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { boundedLines } from '../bounded-lines.ts';
import { Frontier, hashBytes } from './merkle.ts';
import { encodeHead, SignedHead } from './signed-head.ts';

/** A head's file has lines of some 400 bytes; a longer one is none. */
const lineCharsMax = 4_096;
const leavesChunkBytes = 1024 * 1024;

export type HeadLine = { readonly line: number; readonly signed: SignedHead } | { readonly line: number; readonly fault: string };

const fileOf = (folder: string, stream: string): string => join(folder, `${stream}.ndjson`);
const leavesFileOf = (folder: string, stream: string, epoch: string): string => join(folder, `${stream}.${epoch}.leaves`);
const stateFileOf = (folder: string, stream: string): string => join(folder, `${stream}.state.json`);

/** Heads of a stream as they were appended; a line that is no head is told, never skipped. */
export async function* readHeads(folder: string, stream: string): AsyncGenerator<HeadLine> {
  const file = fileOf(folder, stream);
  if (!existsSync(file)) return;
  let line = 0;
  for await (const text of boundedLines(createReadStream(file), lineCharsMax)) {
    line += 1;
    if (text === '') continue;
    yield text === undefined ? { line, fault: `the line is longer than ${lineCharsMax} characters` } : parseLine(line, text);
  }
}

function parseLine(line: number, text: string): HeadLine {
  try {
    const parsed = SignedHead.safeParse(JSON.parse(text));
    if (parsed.success) return { line, signed: parsed.data };
    return { line, fault: `the line is no head: ${parsed.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.')} ${message}`).join('; ')}` };
  } catch {
    return { line, fault: 'the line is not JSON' };
  }
}

/** The last head of a stream in a folder, or undefined; throws on a damaged last line, because nothing can follow it. Reads the file's end only. */
export async function lastHead(folder: string, stream: string): Promise<SignedHead | undefined> {
  const file = fileOf(folder, stream);
  if (!existsSync(file)) return undefined;
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, lineCharsMax));
    await handle.read(tail, 0, tail.length, size - tail.length);
    const text = tail.toString('utf8').trimEnd().split('\n').at(-1) ?? '';
    if (text === '') return undefined;
    const last = parseLine(0, text);
    if ('fault' in last) throw new Error(`the last line of ${file} is no head: ${last.fault}`);
    return last.signed;
  } finally {
    await handle.close();
  }
}

/** Appends a head, on the disk when this resolves. */
export async function appendHead(folder: string, signed: SignedHead): Promise<void> {
  await mkdir(folder, { recursive: true });
  const handle = await open(fileOf(folder, signed.head.stream), 'a');
  try {
    await handle.write(`${encodeHead(signed)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const State = z.object({ epoch: z.string(), seq: z.int().min(0), frontier: z.array(z.string()).max(64) });

/** The tree's state behind the last head; undefined if there is none that can be read. It proves nothing: its root must be that head's. */
export async function readState(folder: string, stream: string): Promise<{ readonly epoch: string; readonly frontier: Frontier } | undefined> {
  try {
    const { epoch, seq, frontier } = State.parse(JSON.parse(await readFile(stateFileOf(folder, stream), 'utf8')));
    return { epoch, frontier: new Frontier(seq, frontier.map((root) => Buffer.from(root, 'base64url'))) };
  } catch {
    return undefined;
  }
}

export async function writeState(folder: string, stream: string, epoch: string, frontier: Frontier): Promise<void> {
  const file = stateFileOf(folder, stream);
  await writeFile(`${file}.part`, `${JSON.stringify({ epoch, seq: frontier.size, frontier: frontier.roots.map((root) => root.toString('base64url')) })}\n`);
  await rename(`${file}.part`, file);
}

/** Writes leaves behind the `from` that are there already (32 bytes each); what lay behind those is replaced. */
export async function writeLeaves(folder: string, stream: string, epoch: string, from: number, leaves: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  const handle = await open(leavesFileOf(folder, stream, epoch), existsSync(leavesFileOf(folder, stream, epoch)) ? 'r+' : 'w');
  try {
    await handle.truncate(from * hashBytes);
    await handle.write(leaves, 0, leaves.length, from * hashBytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** How many leaves a folder has of a stream. */
export async function leavesCount(folder: string, stream: string, epoch: string): Promise<number> {
  const found = await stat(leavesFileOf(folder, stream, epoch)).catch(() => undefined);
  return Math.floor((found?.size ?? 0) / hashBytes);
}

/** The leaves of a stream in order, as many as there are. */
export async function* readLeaves(folder: string, stream: string, epoch: string): AsyncGenerator<Buffer> {
  const file = leavesFileOf(folder, stream, epoch);
  if (!existsSync(file)) return;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: leavesChunkBytes }) as AsyncIterable<Buffer>) {
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = all.length - (all.length % hashBytes);
    for (let at = 0; at < whole; at += hashBytes) yield all.subarray(at, at + hashBytes);
    rest = all.subarray(whole);
  }
}

/** Leaf by number (from 0) of a file of leaves, with one piece of it in memory; for reading many in order. Call `close` afterwards. */
export function openLeaves(folder: string, stream: string, epoch: string): { leafAt(index: number): Buffer; close(): void } {
  const file = openSync(leavesFileOf(folder, stream, epoch), 'r');
  const piece = Buffer.alloc(leavesChunkBytes);
  let [from, bytes] = [0, 0];
  return {
    leafAt(index) {
      const at = index * hashBytes;
      if (at < from || at + hashBytes > from + bytes) {
        from = at;
        bytes = readSync(file, piece, 0, piece.length, at);
        if (bytes < hashBytes) throw new RangeError(`there is no leaf ${index}`);
      }
      return Buffer.from(piece.subarray(at - from, at - from + hashBytes));
    },
    close: () => closeSync(file),
  };
}
