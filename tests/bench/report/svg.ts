import { type Range, short } from '../statistics.ts';

/** A scale from a domain to pixels, straight or logarithmic, and the ticks that people read it by. */
export type Scale = { readonly at: (value: number) => number; readonly ticks: readonly number[] };

/** Ticks at 1, 2 and 5 times powers of ten; a logarithmic domain must lie above zero. */
export function scale(domain: readonly [number, number], pixels: readonly [number, number], log: boolean): Scale {
  const [low, high] = domain;
  const [from, to] = pixels;
  const place = (share: number): number => from + share * (to - from);
  if (log) {
    const [a, b] = [Math.log10(low), Math.log10(high)];
    return { at: (value) => place(b === a ? 0.5 : (Math.log10(value) - a) / (b - a)), ticks: logTicks(low, high) };
  }
  return { at: (value) => place(high === low ? 0.5 : (value - low) / (high - low)), ticks: straightTicks(low, high) };
}

function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const steps = decades <= 3 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const step of steps) {
      const tick = Number((step * 10 ** power).toPrecision(3));
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  }
  return ticks;
}

function straightTicks(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) ticks.push(Number(tick.toPrecision(10)));
  return ticks;
}

/** Colours that can be told apart by everybody and read on white and on black paper. */
const STYLE = `
  .paper { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, sans-serif } .soft { fill: #59636e } .title { font-size: 15px; font-weight: 600 }
  .axis { stroke: #818b98 } .grid { stroke: #d1d9e0; stroke-width: 1 } .goal { stroke: #bc4c00; stroke-width: 2; stroke-dasharray: 5 3 } .goal-text { fill: #bc4c00 }
  .c0 { stroke: #0969da; fill: #0969da } .c1 { stroke: #6e7781; fill: #6e7781 } .c2 { stroke: #8250df; fill: #8250df } .c3 { stroke: #1a7f37; fill: #1a7f37 } .c4 { stroke: #9a6700; fill: #9a6700 }
  .line { fill: none; stroke-width: 2 } .whisker { stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } text { fill: #f0f6fc } .soft { fill: #9198a1 } .axis { stroke: #9198a1 } .grid { stroke: #3d444d } .goal { stroke: #f0883e } .goal-text { fill: #f0883e }
    .c0 { stroke: #4493f8; fill: #4493f8 } .c1 { stroke: #9198a1; fill: #9198a1 } .c2 { stroke: #ab7df8; fill: #ab7df8 } .c3 { stroke: #3fb950; fill: #3fb950 } .c4 { stroke: #d29922; fill: #d29922 }
  }`;

export const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const fixed = (value: number): string => String(Number(value.toFixed(1)));

/** A whole picture of given size around its parts; `title` is also what screen readers say. */
export function picture(width: number, height: number, title: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">\n<style>${STYLE}\n</style>\n<rect class="paper" width="${width}" height="${height}"/>\n${parts.join('\n')}\n</svg>\n`;
}

export function text(x: number, y: number, words: string, options: { anchor?: 'start' | 'middle' | 'end'; class?: string; turned?: boolean } = {}): string {
  const turn = options.turned ? ` transform="rotate(-90 ${fixed(x)} ${fixed(y)})"` : '';
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${options.anchor ?? 'start'}"${options.class ? ` class="${options.class}"` : ''}${turn}>${escape(words)}</text>`;
}

export const line = (x1: number, y1: number, x2: number, y2: number, kind: string): string => `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" class="${kind}"/>`;

export const dot = (x: number, y: number, colour: number, radius = 5): string => `<circle cx="${fixed(x)}" cy="${fixed(y)}" r="${radius}" class="c${colour % 5}"/>`;

/** A median with its range lying down: whiskers from the least to the most. */
export function lyingRange({ median, min, max }: Range, x: Scale, y: number, colour: number): string {
  const kind = `c${colour % 5} whisker`;
  const [from, to] = [x.at(min), x.at(max)];
  return [line(from, y, to, y, kind), line(from, y - 4, from, y + 4, kind), line(to, y - 4, to, y + 4, kind), dot(x.at(median), y, colour)].join('');
}

/** The same, standing. */
export function standingRange({ median, min, max }: Range, x: number, y: Scale, colour: number): string {
  const kind = `c${colour % 5} whisker`;
  const [from, to] = [y.at(min), y.at(max)];
  return [line(x, from, x, to, kind), line(x - 4, from, x + 4, from, kind), line(x - 4, to, x + 4, to, kind), dot(x, y.at(median), colour, 4)].join('');
}

export function polyline(points: readonly (readonly [number, number])[], colour: number): string {
  return `<polyline points="${points.map(([x, y]) => `${fixed(x)},${fixed(y)}`).join(' ')}" class="line c${colour % 5}" style="fill:none"/>`;
}

/** A round figure at an axis. */
export const tickText = (value: number): string => (Math.abs(value) >= 10_000 ? short(value) : Number(value.toPrecision(3)).toLocaleString('en'));

/** The horizontal axis below a plot, with grid lines up to its top and its name. */
export function axisBelow(x: Scale, [left, right]: readonly [number, number], [top, bottom]: readonly [number, number], name: string, label: (tick: number) => string = tickText): string {
  const marks = x.ticks.map((tick) => line(x.at(tick), top, x.at(tick), bottom, 'grid') + text(x.at(tick), bottom + 18, label(tick), { anchor: 'middle', class: 'soft' }));
  return [...marks, line(left, bottom, right, bottom, 'axis'), text((left + right) / 2, bottom + 40, name, { anchor: 'middle' })].join('');
}

/** The vertical axis left of a plot. */
export function axisLeft(y: Scale, [left, right]: readonly [number, number], [top, bottom]: readonly [number, number], name: string): string {
  const marks = y.ticks.map((tick) => line(left, y.at(tick), right, y.at(tick), 'grid') + text(left - 8, y.at(tick) + 4, tickText(tick), { anchor: 'end', class: 'soft' }));
  return [...marks, line(left, top, left, bottom, 'axis'), text(left - 56, (top + bottom) / 2, name, { anchor: 'middle', turned: true })].join('');
}
