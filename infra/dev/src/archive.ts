import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { readDay, type Day } from './archive-day.ts';
import { ROOT } from './paths.ts';
import { lastLines, mustRun } from './run.ts';
import { PlainError, type Progress } from './steps.ts';

export type ImportRequest = {
  /** A .tar.gz or folder with `*.raw.txt` files, one per day. */
  readonly archive: string;
  /** The kept folder, where the command line tool finds its addresses. */
  readonly dir: string;
  readonly note: Progress;
  readonly signal: AbortSignal;
};

export const archiveRoomId = 'ubuntu';

/** A day of an archive and how much of it was said already. */
export type KeptDay = Day & {
  readonly done: number;
  keepDone(count: number): Promise<void>;
};

/**
 * Imports all days of an archive but the last with the command line tool, once per archive, and returns the last day,
 * to be said live. An interrupted import goes on where it was.
 * @returns undefined when the archive's last day was said to its end already.
 */
export async function importArchive(request: ImportRequest): Promise<KeptDay | undefined> {
  const home = join(request.dir, 'archive', createHash('sha256').update(resolve(request.archive)).digest('hex').slice(0, 12));
  const { lastDay, rest } = await unpack(request, home);
  const importedMark = join(home, 'imported');
  if (!existsSync(importedMark)) {
    if (rest !== undefined) await importWithCli(request, rest, topicOf(lastDay));
    if (request.signal.aborted) return undefined;
    await writeFile(importedMark, '');
  }
  const doneFile = join(home, 'said');
  const done = existsSync(doneFile) ? Number(await readFile(doneFile, 'utf8')) : 0;
  const day = readDay(basename(lastDay, '.raw.txt'), await readFile(lastDay, 'utf8'));
  return done >= day.lines.length ? undefined : { ...day, done, keepDone: (count) => writeFile(doneFile, String(count)) };
}

/** Lays the archive out as its last day and an archive of all days before it (undefined when there is only one). */
async function unpack({ archive, note }: ImportRequest, home: string): Promise<{ lastDay: string; rest: string | undefined }> {
  const days = join(home, 'days');
  const rest = join(home, 'earlier-days.tar.gz');
  const lastDayFile = join(home, 'last-day');
  if (!existsSync(lastDayFile)) {
    note('unpacking');
    await rm(home, { recursive: true, force: true });
    await mkdir(days, { recursive: true });
    if ((await stat(archive)).isDirectory()) await mustRun('cp', ['-R', `${archive}/.`, days]);
    else await mustRun('tar', ['-xzf', archive, '-C', days]);
    const found = (await readdir(days, { recursive: true })).filter((file) => file.endsWith('.raw.txt')).sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
    const last = found.at(-1);
    if (last === undefined) throw new PlainError(`${archive} holds no days: an archive is a .tar.gz or a folder with files named DATE.raw.txt.`);
    if (found.length > 1) await mustRun('tar', ['-czf', rest, '--exclude', last, '-C', days, '.']);
    await writeFile(lastDayFile, last);
  }
  return { lastDay: join(days, await readFile(lastDayFile, 'utf8')), rest: existsSync(rest) ? rest : undefined };
}

/** The corpus of Kummerfeld et al. names its days like this; its licence asks to name them wherever it is shown. */
const CORPUS_DAY = /^\d{4}-\d\d-\d\d(\.train-[a-z]|_\d\d)\.raw\.txt$/;

function topicOf(day: string): string | undefined {
  return CORPUS_DAY.test(basename(day)) ? '#ubuntu 2004–2018, collected by J. K. Kummerfeld et al., ACL 2019 (CC BY 4.0)' : undefined;
}

async function importWithCli({ dir, note, signal }: ImportRequest, archive: string, topic: string | undefined): Promise<void> {
  const child = spawn(process.execPath, [join(ROOT, 'infra/cli/dist/main.js'), 'import', 'irc', archive, '--room', archiveRoomId, ...(topic === undefined ? [] : ['--topic', topic])], {
    env: { ...process.env, PARLEY_DATA: dir, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = (): void => {
    child.kill('SIGTERM');
  };
  signal.addEventListener('abort', end);
  let output = '';
  const take = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-8_000);
    const lines = output.split(/[\r\n]+/).filter((text) => text.trim() !== '');
    // The report at the end has several lines, of which the one that counts what was added says most.
    const line = lines.findLast((text) => text.includes(' added to #')) ?? lines.at(-1);
    if (line !== undefined) note(line.trim().slice(0, 100));
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const code = await new Promise<number>((done, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => {
      done(exitCode ?? 1);
    });
  });
  signal.removeEventListener('abort', end);
  if (code !== 0 && !signal.aborted) throw new PlainError(`The import of ${archive} ended with code ${code}:\n${lastLines(output, 20)}`);
}
