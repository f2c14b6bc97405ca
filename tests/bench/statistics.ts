/** A sample's shape: middle and range, never a mean alone. `values` are the rounds as they came. */
export type Range = { readonly median: number; readonly min: number; readonly max: number; readonly values?: readonly number[] };

/** Median and range of some rounds' figures; NaN of none. */
export function range(values: readonly number[]): Range {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN, values };
}

/** The q-quantile of an ascending list, by the nearest-rank rule; NaN of an empty one. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

/** The quantiles by which a delay is judged. */
export function quantiles(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), p999: quantile(sorted, 0.999), max: sorted.at(-1) ?? Number.NaN };
}

/** Whether two samples' ranges have a value in common: then their difference may be chance. */
export const overlap = (a: Range, b: Range): boolean => a.min <= b.max && b.min <= a.max;

/** A figure as people read it: three significant digits, thousands and millions shortened. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return '–';
  if (size >= 999_500) return `${digits(value / 1e6)} M`;
  if (size >= 9_995) return `${digits(value / 1e3)} k`;
  return size >= 999.5 ? Math.round(value).toLocaleString('en') : digits(value);
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return '0';
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1);
  return size >= 0.0995 ? value.toFixed(2) : value.toPrecision(2);
}
