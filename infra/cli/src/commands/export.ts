import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { readDatasets } from '../export/datasets.ts';
import { exportViews } from '../export/export-views.ts';
import { type Format, formats } from '../export/formats.ts';
import { table } from '../output.ts';
import { createProgress } from '../progress.ts';

type Options = { what: string[]; format: Format; out: string; room?: string; since?: string; until?: string; withText?: boolean; reason?: string; formulaGuard: boolean; force?: boolean; list?: boolean };

export function exportCommand(program: Command, run: Run): void {
  program
    .command('export')
    .description('write what analysts read (messages, rooms, members, activity …) to files, all as of one instant')
    .option('--what <names>', 'what to export, comma-separated; --list names everything', names, ['messages'])
    .addOption(new Option('--format <format>', 'how to write it').choices([...formats]).default('parquet'))
    .option('--out <folder>', 'folder for the files', 'parley-export')
    .option('--room <id>', 'only this room')
    .option('--since <time>', 'only from this moment or day on (UTC)', moment)
    .option('--until <time>', 'only before this moment or day (UTC)', moment)
    .option('--with-text', 'also texts and names; noted together with --reason, for all analysts to see')
    .option('--reason <why>', 'why texts are exported')
    .option('--no-formula-guard', 'leave texts in CSV as they are, even those that a spreadsheet would run')
    .option('--force', 'write over files that are there')
    .option('--list', 'name everything that can be exported')
    .addHelpText('after', `
Examples:
  parley export --room kitchen --since 2026-03-01 --out march
  parley export --what messages,rooms,members --format csv --out march
  parley export --format ndjson --with-text --reason 'research 12, agreed by all' --out corpus`)
    .action(run((context, options: Options) => (options.list ? list(context) : write(context, options))));
}

async function list(context: Context): Promise<void> {
  const datasets = [...(await readDatasets(await context.database(), false)).values()];
  context.output.answer(datasets, () => table(['name', 'time', 'what it is'], datasets.map(({ name, timeColumn, comment }) => [name, timeColumn ?? '', comment])));
}

async function write(context: Context, { what, withText = false, reason, force = false, format, out, formulaGuard, room, since, until }: Options): Promise<void> {
  if (withText && reason === undefined) throw new CliError(exitCodes.usage, 'Texts are exported for a reason: say why with --reason.');
  if (!withText && reason !== undefined) throw new CliError(exitCodes.usage, '--reason is about texts: add --with-text, or leave it out.');
  const progress = createProgress('export', 'rows', 0);
  try {
    const report = await exportViews({
      sql: await context.database(), what, format, out, formulaGuard, force, signal: context.signal, onProgress: (dataset, rows) => progress.update(rows, dataset),
      ...(reason !== undefined && { reason }), ...(room !== undefined && { room }), ...(since !== undefined && { since }), ...(until !== undefined && { until }),
    });
    progress.end();
    context.output.answer(report, () => table(['file', 'rows', 'bytes', 'sha256'], report.files.map(({ file, rows, bytes, sha256 }) => [file, rows, bytes, sha256.slice(0, 16)])));
  } catch (error) {
    progress.end();
    throw error;
  }
}

function names(text: string): string[] {
  const list = [...new Set(text.split(',').map((name) => name.trim()).filter((name) => name !== ''))];
  if (list.length === 0) throw new InvalidArgumentError('must name something.');
  return list;
}

function moment(text: string): string {
  const parsed = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (Number.isNaN(parsed.getTime())) throw new InvalidArgumentError('must be a day (2026-03-01) or a moment (2026-03-01T09:00:00Z).');
  return parsed.toISOString();
}
