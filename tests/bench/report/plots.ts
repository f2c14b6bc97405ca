import type { BenchResult, BenchRow, Curve } from '../measure.ts';
import { type Range, short } from '../statistics.ts';
import { axisBelow, axisLeft, dot, line, lyingRange, picture, polyline, scale, standingRange, text, tickText } from './svg.ts';

const WIDTH = 880;
const ROW_HEIGHT = 58;
const LABEL_WIDTH = 350;
const LEGEND_HEIGHT = 20;

/**
 * All rows of a result in one picture: each as a multiple of its peer's median, ours above the peer, whiskers from the
 * least round to the most, the goal as a line. One logarithmic axis, so that twice as good and half as good look alike.
 */
export function ratioPlot(result: BenchResult): string {
  const rows = result.rows.filter(({ ours, peer }) => [ours, peer].every(({ min, max }) => min > 0 && Number.isFinite(max)));
  const [top, bottom] = [64, 64 + rows.length * ROW_HEIGHT];
  const [left, right] = [LABEL_WIDTH, WIDTH - 90];
  const all = rows.flatMap((row) => [...span(row.ours, row), ...span(row.peer, row), row.goalRatio ?? 1]);
  const x = scale(padded(Math.min(...all), Math.max(...all)), [left, right], true);
  const parts = [
    text(16, 26, `${result.name}: multiples of the peer`, { class: 'title' }),
    dot(22, 44, 0), text(34, 48, 'Parley'), dot(100, 44, 1), text(112, 48, 'peer in the same run'), line(270, 44, 296, 44, 'goal'), text(304, 48, 'goal'),
    axisBelow(x, [left, right], [top, bottom], 'multiple of the peer’s median (logarithmic)', (tick) => `${tickText(tick)}×`),
    ...rows.map((row, index) => oneRow(row, x, top + index * ROW_HEIGHT, right)),
  ];
  return picture(WIDTH, bottom + 56, `${result.name}: ours as multiples of the peer in the same run, with ranges and goals`, parts);
}

function oneRow(row: BenchRow, x: ReturnType<typeof scale>, y: number, right: number): string {
  const middle = y + ROW_HEIGHT / 2;
  const [first, second] = inTwo(row.case);
  const labels = [text(16, middle - (second ? 8 : 1), first), ...(second ? [text(16, middle + 8, second)] : []), text(16, middle + (second ? 24 : 15), row.better === 'higher' ? `${row.unit}: more is better` : `${row.unit}: less is better`, { class: 'soft' })];
  const goal = row.goalRatio === undefined ? '' : line(x.at(row.goalRatio), y + 6, x.at(row.goalRatio), y + ROW_HEIGHT - 6, 'goal');
  const verdict = text(right + 12, middle + 4, `${short(row.ratio)}× ${row.goalRatio === undefined ? '' : row.met ? '✓' : '✗'}`);
  return [...labels, goal, lyingRange(times(row.peer, 1 / row.peer.median), x, middle + 9, 1), lyingRange(times(row.ours, 1 / row.peer.median), x, middle - 9, 0), verdict].join('');
}

const times = ({ median, min, max }: Range, factor: number): Range => ({ median: median * factor, min: min * factor, max: max * factor });
const span = (range: Range, { peer }: BenchRow): number[] => [range.min / peer.median, range.max / peer.median];

function padded(low: number, high: number): [number, number] {
  const room = Math.max(1.15, (high / low) ** 0.06);
  return [low / room, high * room];
}

/** Breaks a label that is too long for its column at the space nearest to its middle. */
function inTwo(label: string): [string, string?] {
  if (label.length <= 42) return [label];
  const spaces = [...label.matchAll(/ /g)].map(({ index }) => index);
  const at = spaces.toSorted((a, b) => Math.abs(a - label.length / 2) - Math.abs(b - label.length / 2))[0];
  return at === undefined ? [label] : [label.slice(0, at), label.slice(at + 1)];
}

/** Lines over an axis, with whiskers where a point has a range. */
export function curvePlot({ title, x: xName, y: yName, logX = false, logY = false, series, goals = [], ticks }: Curve): string {
  const top = 48 + series.length * LEGEND_HEIGHT;
  const [left, right, bottom] = [92, WIDTH - 110, top + 300];
  const xs = series.flatMap(({ points }) => points.map(({ x }) => x));
  const ys = [...series.flatMap(({ points }) => points.flatMap(({ y }) => [y.min, y.max])), ...goals.map(({ y }) => y)];
  const across = scale(logX ? padded(Math.min(...xs), Math.max(...xs)) : [Math.min(...xs), Math.max(...xs)], [left + 12, right - 12], logX);
  const x = ticks ? { at: across.at, ticks: ticks.map(({ at }) => at) } : across;
  const named = new Map(ticks?.map(({ at, label }) => [at, label]));
  const y = scale(logY ? padded(Math.min(...ys), Math.max(...ys)) : [0, Math.max(...ys) * 1.08], [bottom, top], logY);
  const parts = [
    text(16, 26, title, { class: 'title' }),
    axisLeft(y, [left, right], [top, bottom], yName), axisBelow(x, [left, right], [bottom, bottom], xName, (tick) => named.get(tick) ?? tickText(tick)),
    ...goals.map((goal) => line(left, y.at(goal.y), right, y.at(goal.y), 'goal') + text(right + 10, y.at(goal.y) + 4, goal.label, { class: 'goal-text' })),
    ...series.flatMap(({ name, points }, colour) => [
      polyline(points.map((point) => [x.at(point.x), y.at(point.y.median)] as const), colour),
      ...points.map((point) => standingRange(point.y, x.at(point.x), y, colour)),
      dot(22, 44 + colour * LEGEND_HEIGHT, colour), text(34, 48 + colour * LEGEND_HEIGHT, name),
    ]),
  ];
  return picture(WIDTH, bottom + 56, title, parts);
}
