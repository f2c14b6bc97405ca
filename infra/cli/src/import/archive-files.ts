import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { CliError, exitCodes } from '../exit-codes.ts';
import { dateOf } from './irc-format.ts';
import { readTar } from './tar.ts';

/** A day's log: its name without folder and ending, its date, its text. */
export type ArchiveDay = { readonly name: string; readonly date: string; text(): Promise<string> };

const unpackedBytesMax = 2 * 1024 ** 3;

/**
 * Finds the days in archives (`.tar.gz`, `.tgz`, `.tar`), folders and single files: `*.raw.txt`, or any `.txt` given by
 * its own name, with a date in the name. Ordered by name, which is by date. Throws CliError for what holds none.
 */
export async function findDays(paths: readonly string[]): Promise<readonly ArchiveDay[]> {
  const found = (await Promise.all(paths.map(daysIn))).flat();
  if (found.length === 0) throw new CliError(exitCodes.usage, `${paths.join(', ')}: no days found.`, 'An archive is a folder or .tar.gz with files named DATE….raw.txt, such as 2004-12-25.train-c.raw.txt.');
  const names = new Set(found.map(({ name }) => name));
  if (names.size < found.length) throw new CliError(exitCodes.usage, 'The same day is there twice.', 'Give each file once.');
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function daysIn(path: string): Promise<ArchiveDay[]> {
  const info = await stat(path).catch(() => undefined);
  if (!info) throw new CliError(exitCodes.usage, `There is no file or folder ${path}.`);
  if (info.isDirectory()) {
    const files = (await readdir(path, { recursive: true })).filter(isDay);
    return files.flatMap((file) => dayOf(file, async () => decode(await readFile(join(path, file)))));
  }
  if (/\.(tar|tar\.gz|tgz)$/.test(path)) return daysInTar(path);
  return dayOf(path, async () => decode(await readFile(path)));
}

async function daysInTar(path: string): Promise<ArchiveDay[]> {
  const packed = await readFile(path);
  try {
    const bytes = path.endsWith('.tar') ? packed : await promisify(gunzip)(packed, { maxOutputLength: unpackedBytesMax });
    return [...readTar(bytes)].filter(({ name }) => isDay(name)).flatMap(({ name, bytes: content }) => dayOf(name, async () => decode(content)));
  } catch (error) {
    throw new CliError(exitCodes.usage, `${path} cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const isDay = (file: string): boolean => file.endsWith('.raw.txt') && !basename(file).startsWith('.');
/** Old logs hold bytes that are no UTF-8; they become U+FFFD. */
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function dayOf(file: string, text: () => Promise<string>): ArchiveDay[] {
  const date = dateOf(basename(file));
  return date === undefined ? [] : [{ name: basename(file).replace(/(\.raw)?\.txt$/, ''), date, text }];
}
