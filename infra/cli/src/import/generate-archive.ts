import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type GenerateOptions = {
  /** Files; 153 unless told, as in the archive of #ubuntu. */
  readonly days?: number;
  /** Lines of all files together, system lines included; 220,463 unless told. */
  readonly lines?: number;
  readonly nicks?: number;
  readonly seed?: number;
};

const words = 'sudo apt install kernel driver wifi sound screen boot grub mount disk usb how can try works thanks error log file config restart update package module 안녕하세요 감사합니다 network server desktop help yes no maybe reboot terminal command output paste'.split(' ');

/**
 * Writes an archive of the form and size of 153 days of #ubuntu: a folder with files DATE.gen-x.raw.txt of
 * `[hh:mm] <nick> text`, `[hh:mm]  * nick deed` and `=== …` lines. The same seed gives the same bytes.
 */
export async function generateArchive(folder: string, { days = 153, lines = 220_463, nicks = 15_700, seed = 1 }: GenerateOptions = {}): Promise<{ readonly folder: string; readonly days: number; readonly lines: number }> {
  const random = mulberry32(seed);
  await mkdir(folder, { recursive: true });
  for (let day = 0; day < days; day += 1) {
    const count = Math.floor(((day + 1) * lines) / days) - Math.floor((day * lines) / days);
    const date = new Date(Date.UTC(2004, 10, 15) + day * 31 * 24 * 3_600_000).toISOString().slice(0, 10);
    const raw = Array.from({ length: count }, (_, index) => lineOf(random, Math.floor((index / count) * 1_440), nicks));
    await writeFile(join(folder, `${date}.gen-${'abc'.charAt(day % 3)}.raw.txt`), `${raw.join('\n')}\n`);
  }
  return { folder, days, lines };
}

function lineOf(random: () => number, minute: number, nicks: number): string {
  // Few people say most, as everywhere.
  const nick = `nick${Math.floor(nicks * random() ** 3)}`;
  const kind = random();
  if (kind < 0.108) return kind < 0.06 ? `=== ${nick} [n=${nick}@host.example] has joined #ubuntu` : `=== ${nick} [n=${nick}@host.example] has left #ubuntu []`;
  const clock = `[${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}]`;
  const length = 2 + Math.floor(random() * random() * 30);
  const text = Array.from({ length }, () => words[Math.floor(random() * words.length)]).join(' ');
  return kind < 0.11 ? `${clock}  * ${nick} ${text}` : `${clock} <${nick}> ${text}`;
}

/** A small generator of chance that a seed fixes. Source: T. Ettinger, "mulberry32", public domain. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
