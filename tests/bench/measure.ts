import { closeSync, fdatasyncSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { cpus, freemem, loadavg, release, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { overlap, range, type Range, short } from './statistics.ts';

export { quantiles } from './statistics.ts';

/** Milliseconds that one 4 KB write with fdatasync takes on the disk the log lies on (median of 200). */
export function diskSyncMs(directory = tmpdir()): number {
  const folder = mkdtempSync(join(directory, 'parley-sync-'));
  const file = openSync(join(folder, 'probe'), 'w');
  const block = Buffer.alloc(4_096, 7);
  const samples: number[] = [];
  for (let round = 0; round < 200; round += 1) {
    const begun = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    samples.push(performance.now() - begun);
  }
  closeSync(file);
  rmSync(folder, { recursive: true });
  return Number(range(samples).median.toFixed(3));
}

/** What a reader needs to judge a figure. Ask when the measuring is over: the load average then covers it. */
export function conditions() {
  return {
    node: process.version, kernel: release(), cpus: cpus().length, cpu: cpus()[0]?.model ?? 'unknown', loadAverage: loadavg().map((load) => Number(load.toFixed(2))),
    stealPercent: stealPercent(), clockSource: firstLine('/sys/devices/system/clocksource/clocksource0/current_clocksource'),
    memoryGb: gigabytes(totalmem()), freeGb: gigabytes(freemem()), diskSyncMs: diskSyncMs(), at: new Date().toISOString(),
  };
}

const gigabytes = (bytes: number): number => Number((bytes / 2 ** 30).toFixed(1));

function firstLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n')[0] ?? '';
  } catch {
    return 'unknown';
  }
}

const stealBefore = cpuTimes();

/** Share of the machine's CPU time that its host gave to others since this program began. */
function stealPercent(): number {
  const now = cpuTimes();
  const all = now.all - stealBefore.all;
  return all > 0 ? Number((((now.steal - stealBefore.steal) / all) * 100).toFixed(2)) : 0;
}

function cpuTimes(): { readonly all: number; readonly steal: number } {
  const fields = firstLine('/proc/stat').split(/\s+/).slice(1).map(Number);
  return { all: fields.slice(0, 8).reduce((sum, ticks) => sum + ticks, 0), steal: fields[7] ?? 0 };
}

export type BenchResult = {
  readonly name: string;
  /** What one operation includes and leaves out. */
  readonly measured: string;
  readonly conditions: ReturnType<typeof conditions>;
  readonly rows: readonly BenchRow[];
  /** Correctness that was checked along the way; a run that fails one scores nothing. */
  readonly checks: readonly { readonly check: string; readonly ok: boolean; readonly detail?: string }[];
  /** What is better seen as a line than as a figure. */
  readonly curves?: readonly Curve[];
};
export type BenchRow = {
  readonly case: string;
  readonly unit: string;
  readonly ours: Range;
  readonly peer: Range;
  readonly peerName: string;
  /** ours/peer of medians; for costs (`lower`) peer/ours is not taken: read it with `better`. */
  readonly ratio: number;
  readonly better: 'higher' | 'lower';
  readonly goal: string;
  /** The goal as a multiple of the peer; absent where the row has none. */
  readonly goalRatio?: number;
  readonly met: boolean;
  /** The ranges of ours and the peer touch: what the ratio says may be chance. */
  readonly overlaps?: boolean;
  readonly extra?: Readonly<Record<string, unknown>>;
};
export type Curve = {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly logX?: boolean;
  readonly logY?: boolean;
  readonly series: readonly { readonly name: string; readonly points: readonly { readonly x: number; readonly y: Range }[] }[];
  /** Names of places on the x axis instead of figures. */
  readonly ticks?: readonly { readonly at: number; readonly label: string }[];
  /** Lines across: what should not be exceeded, or should be reached. */
  readonly goals?: readonly { readonly label: string; readonly y: number }[];
};

/** Ours against a peer measured in the same run: the goal is a multiple of the peer's median. Without one it only informs. */
export function row(options: Omit<BenchRow, 'ratio' | 'met' | 'goal' | 'goalRatio' | 'overlaps' | 'ours' | 'peer'> & { ours: readonly number[]; peer: readonly number[]; goal?: number }): BenchRow {
  const { goal, ...rest } = options;
  const [ours, peer] = [range(options.ours), range(options.peer)];
  const ratio = Number((ours.median / peer.median).toFixed(3));
  if (goal === undefined) return { ...rest, ours, peer, ratio, met: true, goal: '–', overlaps: overlap(ours, peer) };
  const met = options.better === 'higher' ? ratio >= goal : ratio <= goal;
  return { ...rest, ours, peer, ratio, met, goal: `${sign(options.better)} ${goal}×`, goalRatio: goal, overlaps: overlap(ours, peer) };
}

/** Ours against a fixed figure in the row's own unit. */
export function limit(options: Omit<BenchRow, 'ratio' | 'met' | 'goal' | 'goalRatio' | 'overlaps' | 'ours' | 'peer' | 'peerName'> & { ours: readonly number[]; goal: number }): BenchRow {
  const { goal, ...rest } = options;
  const ours = range(options.ours);
  const met = options.better === 'higher' ? ours.median >= goal : ours.median <= goal;
  return { ...rest, ours, peer: range([goal]), peerName: 'the goal itself', ratio: Number((ours.median / goal).toFixed(3)), met, goal: `${sign(options.better)} ${goal} ${options.unit}`, goalRatio: 1 };
}

const sign = (better: BenchRow['better']): string => (better === 'higher' ? '≥' : '≤');

/**
 * How long and how often to measure: `--rounds` and `--seconds` of the command line, else BENCH_ROUNDS and
 * BENCH_SECONDS, else what the benchmark prefers.
 */
export function effort(preferred: { readonly rounds: number; readonly seconds: number }): { readonly rounds: number; readonly seconds: number } {
  const { values } = parseArgs({ strict: false, options: { rounds: { type: 'string' }, seconds: { type: 'string' } } });
  const given = (name: 'rounds' | 'seconds', fallback: number): number => Number(values[name] ?? process.env[`BENCH_${name.toUpperCase()}`] ?? fallback);
  return { rounds: given('rounds', preferred.rounds), seconds: given('seconds', preferred.seconds) };
}

/** A line for whoever waits, beside the result. */
export function progress(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}

/** Where results lie that the report is made of; committed, so that it can be made again. */
export const resultsFolder = join(dirname(fileURLToPath(import.meta.url)), 'results');

/**
 * Prints a result as one JSON line (`--json`) or as a small table, and keeps it for the report when told (`--save`).
 * Exit code 1 when a check failed.
 */
export function report(result: BenchResult): void {
  if (process.argv.includes('--save')) {
    mkdirSync(resultsFolder, { recursive: true });
    writeFileSync(join(resultsFolder, `${result.name}.json`), `${JSON.stringify(result, tidy, 1)}\n`);
  }
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(result, tidy)}\n`);
  else print(result);
  if (result.checks.some(({ ok }) => !ok)) process.exitCode = 1;
}

/** More digits than were measured help nobody. */
const tidy = (_key: string, value: unknown): unknown => (typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value);

function print(result: BenchResult): void {
  const { conditions: c } = result;
  console.log(`${result.name}: ${result.measured}`);
  console.log(`node ${c.node}, ${c.cpus}× ${c.cpu}, load ${c.loadAverage.join(' ')}, steal ${c.stealPercent} %, disk sync ${c.diskSyncMs} ms`);
  for (const r of result.rows) {
    const show = (value: Range) => `${short(value.median)} (${short(value.min)}–${short(value.max)})`;
    console.log(`  ${r.case}: ours ${show(r.ours)} ${r.unit}, ${r.peerName} ${show(r.peer)} → ${r.ratio}×${r.overlaps ? ' (ranges touch)' : ''}${r.goalRatio === undefined ? '' : ` (goal ${r.goal}: ${r.met ? 'met' : 'missed'})`}${r.extra ? ` ${JSON.stringify(r.extra, tidy)}` : ''}`);
  }
  for (const { check, ok, detail } of result.checks) console.log(`  ${ok ? '✓' : '✗'} ${check}${detail ? `: ${detail}` : ''}`);
}
