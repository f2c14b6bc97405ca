/** The labelled points of the runner's loop, and of a rebuild, at which a test may kill the process. */
export type CrashLabel = 'after-fetch' | 'before-begin' | 'mid-transaction' | 'before-commit' | 'after-commit' | RebuildCrashLabel;
export type RebuildCrashLabel = 'rebuild-chunk' | 'rebuild-chunk-done' | 'rebuild-indexes' | 'rebuild-compare' | 'rebuild-standby' | 'rebuild-swap' | 'rebuild-swapped';

const [wanted, count] = (process.env['PARLEY_CRASH_AT'] ?? '').split(':');
let left = Number(count ?? 1);

/**
 * Fault injection: `PARLEY_CRASH_AT=<label>[:count]` kills this process, as `kill -9` would, when it passes the
 * labelled point for the count-th time. Does nothing while the variable is not set.
 */
export function crashPoint(label: CrashLabel): void {
  if (label !== wanted) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}
