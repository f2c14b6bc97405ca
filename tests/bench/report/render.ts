import type { BenchResult, BenchRow } from '../measure.ts';
import { type Range, short } from '../statistics.ts';

/** The order in which a reader wants the benchmarks; others follow by name. */
const ORDER = ['latency', 'fanout', 'append', 'memory', 'resume-storm', 'growth', 'project', 'rebuild', 'search-index', 'search-fresh', 'verify'];

export type ReportParts = {
  readonly results: readonly BenchResult[];
  /** What is known about a benchmark's figures, in Markdown, by its name. */
  readonly notes: ReadonlyMap<string, string>;
  /** Files of the plots beside the report, by the benchmark's name. */
  readonly plots: ReadonlyMap<string, readonly { readonly file: string; readonly alt: string }[]>;
};

/** Results in the order of the report. */
export function inOrder(results: readonly BenchResult[]): BenchResult[] {
  const place = ({ name }: BenchResult): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return results.toSorted((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1));
}

/** The whole report as Markdown: first what was met and what was missed, then each benchmark with its plot, figures, checks and notes. */
export function renderReport({ results, notes, plots }: ReportParts): string {
  const ordered = inOrder(results);
  return [
    '# Measured',
    'Made by `npx parley bench report` from [`results/`](results); how to repeat and read it: [benchmarks](../../infra/docs/benchmarks.md). Every ratio has its peer in the same run, rounds in turn (ours, peer, ours, peer …); figures are the median of the rounds and, in brackets, the least and the most. A ratio marked ≈ is of ranges that touch, so it may be chance. A run in which a message was lost, doubled or out of order counts for nothing.',
    machines(ordered),
    '## At a glance',
    summary(ordered),
    ...ordered.map((result) => section(result, notes.get(result.name), plots.get(result.name) ?? [])),
  ].join('\n\n') + '\n';
}

/** The machines that were measured on, the newest first; with several, each section names its own. */
function machines(results: readonly BenchResult[]): string {
  const newestFirst = results.toSorted((a, b) => (a.conditions.at < b.conditions.at ? 1 : -1)).map(({ conditions }) => conditions);
  if (newestFirst.length === 0) return 'There are no results yet.';
  const described = [...Map.groupBy(newestFirst, machineOf).values()].map(([each]) => `${machineOf(each!)}, ${each!.memoryGb} GB, Linux ${each!.kernel}, clock ${each!.clockSource}, Node ${each!.node}`);
  return `${described.length > 1 ? 'Machines, of which each section names its own' : 'Machine'}: ${described.join('; ')}; product, servers, peers and load generator all on it.`;
}

const machineOf = ({ cpus, cpu }: BenchResult['conditions']): string => `${cpus}× ${cpu}`;

/** The rows of all results as one table, for the report and for the README. */
export function summary(results: readonly BenchResult[]): string {
  const lines = inOrder(results).flatMap((result) => result.rows.map((row) => `| ${result.name}: ${row.case}, ${row.unit} | ${spread(row.ours)} | ${peerOf(row)} | ${ratioOf(row, soundOf(result))} | ${goalOf(row)} |`));
  return ['| Measure | Parley | Peer in the same run | Ratio | Goal |', '| --- | --- | --- | --- | --- |', ...lines].join('\n');
}

const soundOf = ({ checks }: BenchResult): boolean => checks.every(({ ok }) => ok);
const spread = ({ median, min, max }: Range): string => (min === max ? short(median) : `${short(median)} (${short(min)}–${short(max)})`);
const peerOf = (row: BenchRow): string => (row.peer.values?.length === 1 && row.peerName === 'the goal itself' ? '–' : `${row.peerName}: ${spread(row.peer)}`);
const goalOf = ({ goal, goalRatio, met }: BenchRow): string => (goalRatio === undefined ? '–' : `${goal}, ${met ? 'met' : 'missed'}`);

function ratioOf({ ratio, met, overlaps, goalRatio }: BenchRow, sound: boolean): string {
  if (!sound) return 'void: a check failed';
  const figure = `${overlaps ? '≈ ' : ''}${short(ratio)}×`;
  return met && goalRatio !== undefined ? `**${figure}**` : figure;
}

function section(result: BenchResult, notes: string | undefined, plots: readonly { readonly file: string; readonly alt: string }[]): string {
  const { conditions: c } = result;
  const failed = result.checks.filter(({ ok }) => !ok);
  return [
    `## ${result.name}`,
    `${capital(result.measured)}.`,
    ...plots.map(({ file, alt }) => `![${alt}](${file})`),
    summary([result]),
    ...extras(result),
    `${result.checks.length} checks along the way, ${failed.length === 0 ? 'all passed' : `**${failed.length} failed**`}${result.checks.length > 0 ? ` (${kindsOf(result)})` : ''}. ${c.at.slice(0, 16).replace('T', ' ')} UTC on ${machineOf(c)}, load average ${c.loadAverage.join(' ')}, ${c.stealPercent ?? 0} % stolen by the host, 4 KB synced in ${c.diskSyncMs} ms, Node ${c.node}.`,
    ...failed.map(({ check, detail }) => `- ✗ ${check}${detail ? `: ${detail}` : ''}`),
    ...(notes ? [notes.trim()] : []),
  ].join('\n\n');
}

/** Checks without the case and round they are prefixed with, each kind once. */
function kindsOf({ checks }: BenchResult): string {
  return [...new Set(checks.map(({ check }) => check.slice(check.lastIndexOf(': ') + 1).trim()))].join('; ');
}

/** What rows carry besides, one line each. */
function extras({ rows }: BenchResult): string[] {
  const lines = rows.filter(({ extra }) => extra !== undefined).map(({ case: name, extra }) => `- ${name}: ${Object.entries(extra ?? {}).map(([key, value]) => `${words(key)} ${valueOf(value)}`).join(' · ')}`);
  return lines.length > 0 ? [lines.join('\n')] : [];
}

function valueOf(value: unknown): string {
  if (typeof value === 'number') return short(value);
  if (Array.isArray(value)) return value.map(valueOf).join(', ');
  if (typeof value === 'object' && value !== null) return Object.entries(value).map(([key, inner]) => `${words(key)} ${valueOf(inner)}`).join(', ');
  return String(value);
}

const UNITS: Readonly<Record<string, string>> = { Ms: '(ms)', Us: '(µs)', Bytes: '(bytes)', Percent: '(%)' };

/** `cpuUsPerCommand` as `cpu µs per command`. */
function words(key: string): string {
  if (/^p\d+$/.test(key)) return key === 'p999' ? 'p99.9' : key;
  return key.replace(/(Ms|Us|Bytes|Percent)$/, (unit) => ` ${UNITS[unit]}`).replace(/([a-z])Us([A-Z])/, '$1 µs $2').replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
