import { hash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Verified } from './commit-checker.ts';

/** How far a stream was verified, and the end of each of its aggregates then, by subject. */
export type Watermark = {
  readonly ws: string;
  readonly stream: string;
  readonly epoch: string;
  readonly seq: number;
  readonly commits: number;
  readonly events: number;
  /** SHA-256 (base64url) of the bytes at `seq`. */
  readonly boundary: string;
  readonly at: string;
  readonly heads: ReadonlyMap<string, Verified>;
};

export type WatermarkStore = {
  /** The watermark of a stream; undefined if there is none, or one that cannot be used (`note` is told why). */
  read(stream: string): Promise<Watermark | undefined>;
  /** Replaces the watermark of a stream as a whole. */
  write(watermark: Watermark): Promise<void>;
};

const Head = z.object({
  parley: z.literal('watermark/1'), ws: z.string(), stream: z.string(), epoch: z.string(), seq: z.int().min(1), commits: z.int().min(0), events: z.int().min(0),
  boundary: z.string(), at: z.string(), aggregates: z.int().min(0),
});
const Row = z.tuple([z.string(), z.int().min(0), z.int().min(0), z.string(), z.string(), z.int().min(0)]);
const linesPerWrite = 2_000;

/**
 * Watermarks in a folder, one file a stream: a line that says how far, then one line per aggregate, then the hash of
 * all of it, so that a file that was cut or damaged is not believed. Whoever may write here may also forge it.
 */
export function openWatermarks(folder: string, note: (text: string) => void): WatermarkStore {
  const fileOf = (stream: string): string => join(folder, `${stream}.ndjson`);
  return {
    async read(stream) {
      const file = fileOf(stream);
      if (!existsSync(file)) return undefined;
      const found = await readFile(file).catch(() => undefined);
      if (!found) note(`${file} is damaged: ${stream} is verified from its beginning`);
      return found;
    },
    async write(watermark) {
      await mkdir(folder, { recursive: true });
      await writeFile(fileOf(watermark.stream), watermark);
    },
  };
}

async function readFile(file: string): Promise<Watermark | undefined> {
  let head: z.infer<typeof Head> | undefined;
  const heads = new Map<string, Verified>();
  let running = '';
  let isWhole = false;
  for await (const line of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (isWhole) return undefined;
    if (line.startsWith('sha256 ')) {
      isWhole = line === `sha256 ${running}`;
      if (!isWhole) return undefined;
      continue;
    }
    running = hash('sha256', `${running}\n${line}`, 'base64url');
    if (!head) head = Head.parse(JSON.parse(line));
    else {
      const [subject, n, seq, prev, at, ordinal] = Row.parse(JSON.parse(line));
      heads.set(subject, { link: { n, seq, prev, at }, ordinal });
    }
  }
  return head && isWhole && heads.size === head.aggregates ? { ...head, heads } : undefined;
}

async function writeFile(file: string, { heads, ...facts }: Watermark): Promise<void> {
  const part = `${file}.part`;
  const handle = await open(part, 'w');
  try {
    let running = '';
    let lines: string[] = [];
    const put = async (line: string): Promise<void> => {
      running = hash('sha256', `${running}\n${line}`, 'base64url');
      lines.push(line);
      if (lines.length < linesPerWrite) return;
      await handle.write(`${lines.join('\n')}\n`);
      lines = [];
    };
    const { ws, stream, epoch, seq, commits, events, boundary, at } = facts;
    await put(JSON.stringify({ parley: 'watermark/1', ws, stream, epoch, seq, commits, events, boundary, at, aggregates: heads.size }));
    for (const [subject, { link, ordinal }] of heads) await put(JSON.stringify([subject, link.n, link.seq, link.prev, link.at, ordinal]));
    await handle.write(`${[...lines, `sha256 ${running}`].join('\n')}\n`);
    await handle.sync();
  } catch (error) {
    await handle.close();
    await rm(part, { force: true });
    throw error;
  }
  await handle.close();
  await rename(part, file);
}
