import type { Command } from 'commander';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { aggregateFrom } from '../log/read-aggregate.ts';
import { bad, good } from '../output.ts';
import { createProgress } from '../progress.ts';
import { besideSettings, need } from '../settings.ts';
import { checkAggregate, checkLog, commitsInLog, type LogReport } from '../verify/check-log.ts';
import { checkRows, type RowsReport } from '../verify/check-rows.ts';
import { checkSnapshots, type SnapshotReport } from '../verify/check-snapshots.ts';
import { type Finding, renderFinding } from '../verify/finding.ts';
import { openWatermarks } from '../verify/watermark.ts';

type VerifyOptions = { readonly room?: string; readonly rows?: boolean; readonly snapshots?: boolean; readonly all?: boolean; readonly full?: boolean; readonly watermark?: string };
type Report = { readonly ok: boolean; readonly log: Omit<LogReport, 'findings'>; readonly snapshots?: Omit<SnapshotReport, 'findings'>; readonly rows?: Omit<RowsReport, 'findings'>; readonly seconds: number; readonly findings: readonly Finding[] };

export function verifyCommand(program: Command, run: Run): void {
  program
    .command('verify')
    .description('prove that the log is whole: numbers without gap, hash chain, known events; and what was made of it')
    .option('--room <id>', 'one room only')
    .option('--snapshots', 'also: every snapshot equals a replay')
    .option('--rows', 'also: the read model’s rows equal a fold of the log (in a scratch database)')
    .option('--all', 'both')
    .option('--watermark <folder>', 'where it is kept how far was verified; default: verified/ beside the settings file')
    .option('--full', 'read everything again, whatever was verified before')
    .addHelpText('after', '\nExamples:\n  parley verify\n  parley verify --full\n  parley verify --room general --snapshots\n  parley verify --all --json\n\nThe next run reads only what is new. Ctrl-C keeps what was verified.\nEnds with 1 and names the first bad event if something is wrong.')
    .action(run((context, options: VerifyOptions) => verify(context, options)));
}

async function verify(context: Context, { room, rows, snapshots, all, full = false, watermark }: VerifyOptions): Promise<void> {
  const { output, settings, signal } = context;
  const begun = performance.now();
  const nc = await context.log();
  const ws = settings.PARLEY_WS;
  const only = room === undefined ? undefined : aggregateFrom('room', room);
  if (only && rows) throw new CliError(exitCodes.usage, '--rows compares all rooms at once.', 'Leave --room out.');

  const progress = createProgress('log', 'commits', only ? 0 : await commitsInLog(nc));
  const folder = watermark ?? besideSettings(settings, 'verified');
  const kept = folder === undefined ? undefined : openWatermarks(folder, (text) => output.note(text));
  const watermarks = kept && full ? { ...kept, read: () => Promise.resolve(undefined) } : kept;
  const log = only ? await checkAggregate(nc, ws, only) : await checkLog(nc, ws, { signal, watermarks, onProgress: (commits, stream) => progress.update(commits, stream) });
  progress.end();
  if (only && log.commits === 0) throw new CliError(exitCodes.finding, `The log has no room ${room}.`);
  const snapshotReport = snapshots || all ? await verifySnapshots(context, only) : undefined;
  const rowsReport = rows || (all && !only) ? await verifyRows(context) : undefined;

  const findings = [...log.findings, ...(snapshotReport?.findings ?? []), ...(rowsReport?.findings ?? [])];
  const report: Report = {
    ok: findings.length === 0, log: withoutFindings(log), ...(snapshotReport && { snapshots: withoutFindings(snapshotReport) }), ...(rowsReport && { rows: withoutFindings(rowsReport) }),
    seconds: Number(((performance.now() - begun) / 1_000).toFixed(3)), findings,
  };
  output.answer(report, () => render(report));
  if (!report.ok) process.exitCode = exitCodes.finding;
}

async function verifySnapshots(context: Context, only: ReturnType<typeof aggregateFrom> | undefined): Promise<SnapshotReport> {
  const { settings, signal } = context;
  let progress: ReturnType<typeof createProgress> | undefined;
  const report = await checkSnapshots(await context.log(), settings.PARLEY_WS, signal, only, (done, total) => (progress ??= createProgress('snapshots', 'snapshots', total)).update(done));
  progress?.end();
  return report;
}

async function verifyRows(context: Context): Promise<RowsReport> {
  const { settings, signal, output } = context;
  return checkRows({
    nc: await context.log(), sql: await context.database(), databaseUrl: need(settings, 'DATABASE_URL'), opener: context.opener(), signal,
    note: (text) => output.note(`rows: ${text}`),
  });
}

function withoutFindings<T extends { readonly findings: unknown }>(report: T): Omit<T, 'findings'> {
  const { findings: _findings, ...rest } = report;
  return rest;
}

function render({ log, snapshots, rows, seconds, findings }: Report): string {
  const n = (value: number): string => value.toLocaleString('en-US');
  return [
    `log        ${n(log.events)} events in ${n(log.commits)} commits of ${n(log.aggregates)} aggregates`,
    ...(log.before.commits > 0 ? [`           ${n(log.before.events)} events in ${n(log.before.commits)} commits were verified before; --full reads them again`] : []),
    ...(snapshots ? [`snapshots  ${n(snapshots.snapshots)} equal a replay${snapshots.disused > 0 ? `, ${n(snapshots.disused)} are of another version or epoch` : ''}`] : []),
    ...(rows ? [`rows       ${n(rows.rows)} in ${Object.keys(rows.tables).length} tables, hash ${rows.hash.slice(0, 16)}`] : []),
    findings.length === 0 ? `${good('whole')}  (${seconds} s)` : `${bad(`${findings.length} findings`)}, the first of each aggregate:`,
    ...findings.map(renderFinding),
  ].join('\n');
}
