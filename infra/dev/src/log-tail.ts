import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';

const POLL_MS = 400;
const READ_BYTES_MAX = 256 * 1024;
const LINES_PER_POLL_MAX = 5;
const SHOWN_LEVELS: ReadonlySet<string> = new Set(['warn', 'error', 'fatal']);

/** Follows log files of JSON lines from their present ends and shows warnings and errors, five at a time at most. */
export function followWarnings(files: readonly string[], say: (line: string) => void): { stop(): void } {
  const offsets = new Map<string, number>();
  let busy = false;
  const look = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      for (const file of files) await lookAt(file, offsets, say);
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => {
      say(`the logs cannot be followed: ${String(error)}`);
    });
  }, POLL_MS);
  return {
    stop() {
      clearInterval(timer);
    },
  };
}

async function lookAt(file: string, offsets: Map<string, number>, say: (line: string) => void): Promise<void> {
  const size = (await stat(file).catch(() => undefined))?.size;
  if (size === undefined) return;
  const from = offsets.get(file) ?? size;
  offsets.set(file, size);
  if (size <= from) return;
  const buffer = Buffer.alloc(Math.min(size - from, READ_BYTES_MAX));
  const handle = await open(file, 'r');
  let text: string;
  try {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
    text = buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
  // Only whole lines: the rest is read again next time.
  const whole = text.lastIndexOf('\n') + 1;
  offsets.set(file, from + Buffer.byteLength(text.slice(0, whole)));
  const warnings = text.slice(0, whole).split('\n').flatMap(warningOf);
  for (const warning of warnings.slice(0, LINES_PER_POLL_MAX)) say(`[${basename(file, '.log')}] ${warning}`);
  if (warnings.length > LINES_PER_POLL_MAX) say(`[${basename(file, '.log')}] and ${warnings.length - LINES_PER_POLL_MAX} more`);
}

function warningOf(line: string): string[] {
  if (!line.startsWith('{')) return [];
  try {
    const { level, msg, err } = JSON.parse(line) as { level?: string; msg?: string; err?: { message?: string } };
    if (level === undefined || !SHOWN_LEVELS.has(level)) return [];
    return [[msg, err?.message].filter((part) => part !== undefined && part !== '').join(': ')];
  } catch {
    return [];
  }
}
