import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { findDays } from '../import/archive-files.ts';
import { partOfQuestions } from '../import/csv-qa.ts';
import { generateArchive } from '../import/generate-archive.ts';
import { importArchive, importParts, type ImportOptions, type ImportReport } from '../import/import-archive.ts';
import { openOperator } from '../operator.ts';
import { createProgress, duration } from '../progress.ts';

type IrcOptions = { readonly room: string; readonly topic?: string; readonly source: string; readonly days?: number; readonly concurrency: number };

export function importCommand(program: Command, run: Run): void {
  const group = program.command('import').description('Bring conversations from elsewhere into a room');
  group
    .command('irc')
    .description('import the logs of an IRC channel: lines "[hh:mm] <nick> text" in files with a date in their name')
    .argument('<path...>', 'folder, .tar.gz or single files')
    .requiredOption('--room <name>', 'room to import into; made (public) if it is not there')
    .option('--topic <text>', 'topic of a room that is made')
    .option('--source <name>', 'name of the archive: the same name means the same people and lines', sourceName, 'irc')
    .option('--days <n>', 'only the first n days', positive)
    .option('--resume', 'go on where an import was cut off (it always does; for scripts that say so)')
    .option('--concurrency <n>', 'authors registered at a time', positive, 128)
    .addHelpText('after', '\nExamples:\n  parley import irc train.tar.gz --room ubuntu\n  parley import irc logs/ --room ubuntu --days 3 --json\n\nRunning it again adds what is missing and nothing else.')
    .action(run((context, paths: string[], options: IrcOptions) => importIrc(context, paths, options)));
  group
    .command('csv-qa')
    .description('import a table of questions and answers (columns Q and A) as a conversation of two')
    .argument('<file>', 'comma-separated values')
    .requiredOption('--room <name>', 'room to import into')
    .option('--source <name>', 'name of the data set', sourceName, 'csv-qa')
    .addHelpText('after', '\nExample:\n  parley import csv-qa ChatbotData.csv --room 질문-qa')
    .action(run((context, file: string, options: { room: string; source: string }) => importQuestions(context, file, options)));
  group
    .command('generate')
    .description('write an archive of the form and size of 153 days of #ubuntu, for tests where the real one is not')
    .argument('<folder>')
    .option('--lines <n>', 'lines of all days together', positive, 220_463)
    .option('--days <n>', 'days', positive, 153)
    .option('--seed <n>', 'the same seed gives the same bytes', positive, 1)
    .addHelpText('after', '\nExample:\n  parley import generate /tmp/archive --lines 10000 --days 7')
    .action(run(async ({ output }, folder: string, options: { lines: number; days: number; seed: number }) => {
      const made = await generateArchive(folder, options);
      output.answer(made, () => `${made.folder}: ${made.days} days, ${made.lines.toLocaleString('en-US')} lines`);
    }));
}

export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1 on.');
  return value;
}

function sourceName(text: string): string {
  if (!/^[A-Za-z0-9_.-]{1,40}$/.test(text)) throw new InvalidArgumentError('must be 1 to 40 letters, digits, ".", "_" or "-".');
  return text;
}

async function importIrc(context: Context, paths: readonly string[], { room, topic, source, days, concurrency }: IrcOptions): Promise<void> {
  // What is wrong with the archive is told before anything is asked of the servers.
  const found = await findDays(paths);
  const wanted = days === undefined ? found : found.slice(0, days);
  const total = (await Promise.all(wanted.map(async (day) => (await day.text()).split('\n').length - 1))).reduce((sum, lines) => sum + lines, 0);
  await withOperator(context, total, (options) => importArchive(paths, { ...options, room, source, concurrency, ...(topic !== undefined && { topic }), ...(days !== undefined && { days }) }));
}

async function importQuestions(context: Context, file: string, { room, source }: { room: string; source: string }): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CliError(exitCodes.usage, `There is no file ${file}.`);
  });
  const part = readQuestions(file, text, source);
  await withOperator(context, part.rawLines, (options) => importParts(async function* one() {
    yield part;
  }, { ...options, room, source }));
}

function readQuestions(file: string, text: string, source: string): ReturnType<typeof partOfQuestions> {
  try {
    return partOfQuestions(basename(file).replace(/\.[^.]*$/, '').replace(/[^A-Za-z0-9_.-]+/g, '-'), text, source);
  } catch (error) {
    throw new CliError(exitCodes.usage, `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function withOperator(context: Context, total: number, work: (options: Pick<ImportOptions, 'operator' | 'signal' | 'onProgress'>) => Promise<ImportReport>): Promise<void> {
  const { output, signal } = context;
  const operator = await openOperator(await context.nats(), signal);
  context.onEnd(() => operator.close());
  const progress = createProgress('import', 'lines', total);
  try {
    const report = await work({ operator, signal, onProgress: (so, part) => progress.update(so.lines, `${part}  ${so.added.toLocaleString('en-US')} added`) });
    progress.end();
    output.answer(report, () => renderReport(report));
  } catch (error) {
    progress.end();
    if (signal.aborted) throw new CliError(exitCodes.interrupted, 'Interrupted.', 'What was acknowledged is stored; run the same command again to go on.');
    throw error;
  }
}

function renderReport({ room, roomId, parts, lines, messages, added, system, empty, authors, seconds }: ImportReport): string {
  const n = (value: number): string => value.toLocaleString('en-US');
  const already = messages - added;
  return [
    `${n(added)} added to #${room} (${roomId})${already > 0 ? `, ${n(already)} were there` : ''}`,
    `${n(lines)} lines of ${n(parts)} days: ${n(messages)} messages by ${n(authors)} people, ${n(system)} system lines, ${n(empty)} empty`,
    `${duration(seconds * 1_000)} (${n(Math.round(lines / Math.max(0.001, seconds)))} lines/s)`,
  ].join('\n');
}
