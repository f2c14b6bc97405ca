import { expect, test } from 'vitest';
import { type BenchResult, limit, row } from '../measure.ts';
import { overlap, quantile, range, short } from '../statistics.ts';
import { curvePlot, ratioPlot } from './plots.ts';
import { inOrder, renderReport, summary } from './render.ts';
import { scale } from './svg.ts';

const conditions: BenchResult['conditions'] = {
  node: 'v24', kernel: '6.1', cpus: 2, cpu: 'a <fast> one', loadAverage: [1, 2, 3], stealPercent: 0, clockSource: 'tsc', memoryGb: 24, freeGb: 9, diskSyncMs: 0.1, at: '2026-11-25T20:00:00.000Z',
};
const faster = row({ case: 'hot & cold', unit: 'ops/s', ours: [200, 220, 210], peer: [100, 90, 110], peerName: 'bare', better: 'higher', goal: 2 });
const slower = row({ case: 'slow path', unit: 'ms', ours: [4, 8, 6], peer: [3, 5, 4], peerName: 'bare', better: 'lower', goal: 1.2, extra: { cpuUsPerCommand: 12.34, oursMs: { p50: 1.5, p999: 20_000 } } });
const result = (name: string, rows = [faster, slower], ok = true): BenchResult => ({ name, measured: 'what it is', conditions, rows, checks: [{ check: 'round 1: every message once', ok }, { check: 'round 2: every message once', ok: true }] });

test('a range is median and extremes, whatever the order of the rounds', () => {
  expect(range([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, values: [3, 1, 2] });
  expect(range([]).median).toBeNaN();
});

test.each<[readonly number[], number, number]>([
  [[1, 2, 3, 4], 0.5, 2],
  [[1, 2, 3, 4], 0.99, 4],
  [[1, 2, 3, 4], 0, 1],
  [[7], 0.999, 7],
])('quantile of %j at %d by nearest rank', (sorted, q, expected) => expect(quantile(sorted, q)).toBe(expected));

test('ranges overlap when they share a value, and only then', () => {
  expect(overlap(range([1, 2]), range([2, 3]))).toBe(true);
  expect(overlap(range([1, 2]), range([2.1, 3]))).toBe(false);
  expect(overlap(range([1, 9]), range([4, 5]))).toBe(true);
});

test.each<[number, string]>([
  [0, '0'], [0.0123, '0.012'], [0.97, '0.97'], [1.4, '1.40'], [17.23, '17.2'], [99.96, '100'], [999.4, '999'], [1_234, '1,234'], [9_999, '10.0 k'], [36_512, '36.5 k'], [4_350_000, '4.35 M'], [Number.NaN, '–'],
])('%d reads as %s', (value, words) => expect(short(value)).toBe(words));

test('a goal is met by the medians, in the direction that is better', () => {
  expect([faster.ratio, faster.met, faster.overlaps]).toEqual([2.1, true, false]);
  expect([slower.ratio, slower.met, slower.overlaps]).toEqual([1.5, false, true]);
  expect(limit({ case: 'queries', unit: 'queries', ours: [3, 12, 5], better: 'lower', goal: 20 })).toMatchObject({ ratio: 0.25, met: true, goal: '≤ 20 queries' });
});

test('ticks lie at round values within the scale', () => {
  expect(scale([0, 9.4], [0, 100], false).ticks).toEqual([0, 2, 4, 6, 8]);
  expect(scale([0.4, 14], [0, 100], true).ticks).toEqual([0.5, 1, 2, 5, 10]);
  expect(scale([1, 100], [0, 100], true).at(10)).toBeCloseTo(50);
});

test('plots are well-formed, say what they show, and escape what they are given', () => {
  const svg = ratioPlot(result('fan<out>'));
  expect(svg).toContain('hot &amp; cold');
  expect(svg).not.toContain('fan<out>');
  expect(svg.match(/<circle/g)).toHaveLength(2 + 2 * 2);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  const curve = curvePlot({ title: 'growth', x: 'multiple', y: 'µs', logX: true, series: [{ name: 'rooms', points: [1, 10, 100].map((x) => ({ x, y: range([x, x + 1]) })) }], goals: [{ label: '1.1×', y: 50 }] });
  expect(curve).not.toMatch(/NaN|Infinity|undefined/);
  expect(curve.match(/<circle/g)).toHaveLength(4);
});

test('a row that measured nothing is left out of the plot instead of breaking it', () => {
  const nothing = row({ case: 'nothing', unit: 'ms', ours: [0], peer: [0], peerName: 'bare', better: 'lower', goal: 1 });
  expect(ratioPlot(result('latency', [faster, nothing]))).not.toMatch(/NaN|Infinity/);
});

test('the table says what was met, what was missed, and what may be chance', () => {
  const table = summary([result('latency')]);
  expect(table).toContain('| latency: hot & cold, ops/s | 210 (200–220) | bare: 100 (90.0–110) | **2.10×** | ≥ 2×, met |');
  expect(table).toContain('≈ 1.50× | ≤ 1.2×, missed |');
});

test('a run whose check failed scores nothing', () => {
  const report = renderReport({ results: [result('latency', [faster], false)], notes: new Map(), plots: new Map() });
  expect(report).toContain('void: a check failed');
  expect(report).not.toContain('**2.10×**');
  expect(report).toContain('- ✗ round 1: every message once');
});

test('the report has its benchmarks in order, with plots and notes', () => {
  const results = [result('zebra'), result('append'), result('latency')];
  expect(inOrder(results).map(({ name }) => name)).toEqual(['latency', 'append', 'zebra']);
  const report = renderReport({ results, notes: new Map([['append', 'Known: the disk.\n']]), plots: new Map([['append', [{ file: 'plots/append.svg', alt: 'a plot' }]]]) });
  expect(report).toContain('![a plot](plots/append.svg)');
  expect(report).toContain('Known: the disk.');
  expect(report).toContain('cpu µs per command 12.3 · ours (ms) p50 1.50, p99.9 20.0 k');
  expect(report).toContain('2 checks along the way, all passed (every message once)');
});

test('every machine that was measured on is named, at the top and with its figures', () => {
  const elsewhere = { ...result('append'), conditions: { ...conditions, cpu: 'a slow one', at: '2026-11-20T20:00:00.000Z' } };
  const report = renderReport({ results: [elsewhere, result('fanout')], notes: new Map(), plots: new Map() });
  expect(report).toContain('Machines, of which each section names its own: 2× a <fast> one, 24 GB, Linux 6.1, clock tsc, Node v24; 2× a slow one, 24 GB');
  expect(report.split('## append')[1]).toContain('2026-11-20 20:00 UTC on 2× a slow one, load average 1 2 3');
  expect(renderReport({ results: [result('fanout')], notes: new Map(), plots: new Map() })).toContain('\nMachine: 2× a <fast> one');
});
