import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { release } from '@parley/kernel/config/release';
import type { Sql } from '@parley/kernel/stores/postgres';
import { CliError, exitCodes } from '../exit-codes.ts';
import { type Dataset, type Limits, readDatasets, statementOf, textColumns } from './datasets.ts';
import { type ExportRow, type Format, openWriter } from './formats.ts';

const rowsPerFetch = 2_000;

export type ExportOptions = Limits & {
  readonly sql: Sql;
  readonly what: readonly string[];
  readonly format: Format;
  readonly out: string;
  readonly formulaGuard: boolean;
  /** Write over files that are there. */
  readonly force: boolean;
  /** Why texts are read; absent: they are not. */
  readonly reason?: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (dataset: string, rows: number) => void;
};
export type ExportedFile = { readonly dataset: string; readonly file: string; readonly rows: number; readonly bytes: number; readonly sha256: string };
export type ExportReport = { readonly out: string; readonly position: string; readonly at: string; readonly files: readonly ExportedFile[] };

/**
 * Writes views of schema `analytics` to files of one folder, all as of one instant, in constant memory, with a
 * description of every column beside them. A file has its name once it is whole.
 * Throws CliError for a name that is no dataset, files that are there, and texts without a reason.
 */
export async function exportViews(options: ExportOptions): Promise<ExportReport> {
  const { sql, what, out, format, reason } = options;
  const all = await readDatasets(sql, reason !== undefined);
  const datasets = what.map((name) => all.get(name) ?? unknownDataset(name, all));
  const files = datasets.map(({ name }) => join(out, `${name}.${format}`));
  const there = options.force ? [] : [...files, join(out, 'schema.json')].filter((file) => existsSync(file));
  if (there.length > 0) throw new CliError(exitCodes.usage, `${there[0]} is there already.`, 'Name another folder with --out, or write over it with --force.');
  if (reason !== undefined) await openAccess(sql, reason, datasets, options.room);
  await mkdir(out, { recursive: true });
  try {
    // One snapshot for all files: what is in one is in the others.
    const { counts, position, at } = await sql.begin('isolation level repeatable read read only', async (tx) => {
      const [place] = await tx<[{ position: string | null; at: Date }]>`select analytics.cursor_now() as position, now() as at`;
      const written: number[] = [];
      for (const [index, dataset] of datasets.entries()) written.push(await exportOne(tx as unknown as Sql, dataset, `${files[index]!}.part`, options));
      return { counts: written, position: place.position ?? '', at: place.at.toISOString() };
    });
    const report: ExportedFile[] = [];
    for (const [index, file] of files.entries()) {
      await rename(`${file}.part`, file);
      report.push({ dataset: datasets[index]!.name, file, rows: counts[index]!, bytes: (await stat(file)).size, sha256: await sha256Of(file) });
    }
    await describe(options, datasets, report, { position, at });
    return { out, position, at, files: report };
  } catch (error) {
    for (const file of files) await rm(`${file}.part`, { force: true });
    throw error;
  }
}

async function exportOne(tx: Sql, dataset: Dataset, file: string, options: ExportOptions): Promise<number> {
  const { text, parameters } = statementOf(dataset, options, options.reason !== undefined);
  const writer = openWriter(options.format, { file, columns: dataset.columns, formulaGuard: options.formulaGuard });
  let rows = 0;
  try {
    for await (const batch of tx.unsafe<ExportRow[]>(text, parameters).cursor(rowsPerFetch)) {
      if (options.signal.aborted) throw new CliError(exitCodes.interrupted, 'Interrupted.', 'Nothing was kept: an export is whole, of one instant, or not there. Cut a large one with --since and --until.');
      await writer.write(batch);
      rows += batch.length;
      options.onProgress?.(dataset.name, rows);
    }
  } finally {
    await writer.end();
  }
  return rows;
}

/** Notes who reads texts and why, before any is read; texts of one room alone where the export is of one. */
async function openAccess(sql: Sql, reason: string, datasets: readonly Dataset[], room: string | undefined): Promise<void> {
  if (!datasets.some(({ name }) => name in textColumns)) throw new CliError(exitCodes.usage, `Only ${Object.keys(textColumns).join(', ')} have texts.`);
  if (reason.trim().length < 5) throw new CliError(exitCodes.usage, 'Texts are exported for a reason: say why with --reason, in 5 characters or more.');
  const wide = room === undefined || datasets.some(({ name }) => name === 'people');
  await sql`select analytics_text.open_access(${reason}, 480, ${wide ? null : room})`;
}

function unknownDataset(name: string, all: ReadonlyMap<string, Dataset>): never {
  throw new CliError(exitCodes.usage, `There is nothing called ${name} to export.`, `There is: ${[...all.keys()].join(', ')}.`);
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function describe({ out, format, room, since, until, reason }: ExportOptions, datasets: readonly Dataset[], files: readonly ExportedFile[], place: { position: string; at: string }): Promise<void> {
  const limits = { ...(room !== undefined && { room }), ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
  const described = datasets.map(({ name, comment, timeColumn, columns }, index) => {
    const { rows, bytes, sha256 } = files[index]!;
    return { dataset: name, file: `${name}.${format}`, rows, bytes, sha256, comment, ...(timeColumn !== undefined && { timeColumn }), columns: columns.map((column) => ({ name: column.name, kind: column.kind, type: column.type, comment: column.comment })) };
  });
  await writeFile(join(out, 'schema.json'), `${JSON.stringify({ parley: release, format, ...place, ...limits, withText: reason !== undefined, files: described }, null, 2)}\n`);
  const lines = [
    '# Export of Parley', '', `As of ${place.at}, position \`${place.position}\`${Object.entries(limits).map(([name, value]) => `, ${name} ${value}`).join('')}.`,
    reason === undefined ? 'Without texts and names.' : 'With texts and names: treat it as what people wrote. Who exported it and why is in `analytics.text_access`.',
    ...described.flatMap(({ file, rows, comment, timeColumn, columns }) => [
      '', `## ${file}`, '', `${comment} ${rows.toLocaleString('en-US')} rows.${timeColumn === undefined && (since !== undefined || until !== undefined) ? ' As it is now: the limits of time do not apply.' : ''}`, '',
      '| Column | Kind | What it is |', '| --- | --- | --- |', ...columns.map((column) => `| \`${column.name}\` | ${column.kind} | ${column.comment} |`),
    ]),
  ];
  await writeFile(join(out, 'README.md'), `${lines.join('\n')}\n`);
}
