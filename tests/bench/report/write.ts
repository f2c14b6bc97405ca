import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchResult, resultsFolder } from '../measure.ts';
import { curvePlot, ratioPlot } from './plots.ts';
import { renderReport, summary } from './render.ts';

/** Writes REPORT.md and its plots from the results that were kept; `--table` prints the table for the README instead. */
const folder = join(resultsFolder, '..');
const results = readdirSync(resultsFolder).filter((file) => file.endsWith('.json')).map((file) => JSON.parse(readFileSync(join(resultsFolder, file), 'utf8')) as BenchResult);

if (process.argv.includes('--table')) console.log(summary(results));
else {
  rmSync(join(folder, 'plots'), { recursive: true, force: true });
  mkdirSync(join(folder, 'plots'));
  const plots = new Map(results.map((result) => [result.name, plotsOf(result)]));
  writeFileSync(join(folder, 'REPORT.md'), renderReport({ results, plots, notes: notesOf(results.map(({ name }) => name)) }));
  const missed = results.flatMap(({ rows }) => rows).filter(({ met, goalRatio }) => !met && goalRatio !== undefined).length;
  console.log(`${join(folder, 'REPORT.md')}: ${results.length} benchmarks, ${results.reduce((sum, { rows }) => sum + rows.length, 0)} rows, ${missed} short of their goal`);
}

function plotsOf(result: BenchResult): { file: string; alt: string }[] {
  const pictures = [
    ...(result.rows.length > 0 ? [{ name: result.name, alt: `${result.name}: ours as multiples of the peer`, svg: ratioPlot(result) }] : []),
    ...(result.curves ?? []).map((curve, index) => ({ name: `${result.name}-${index + 1}`, alt: curve.title, svg: curvePlot(curve) })),
  ];
  return pictures.map(({ name, alt, svg }) => {
    writeFileSync(join(folder, 'plots', `${name}.svg`), svg);
    return { file: `plots/${name}.svg`, alt };
  });
}

function notesOf(names: readonly string[]): Map<string, string> {
  const files = names.map((name) => [name, join(folder, 'notes', `${name}.md`)] as const).filter(([, file]) => existsSync(file));
  return new Map(files.map(([name, file]) => [name, readFileSync(file, 'utf8')]));
}
