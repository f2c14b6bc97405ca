/** Where the browser does not say when it is idle, a moment after drawing must do. */
const laterMs = 200;

/** Runs something when the page has nothing better to do; the answer stops it while it has not begun. */
export function whenIdle(run: () => void): () => void {
  if (typeof requestIdleCallback !== 'function') {
    const timer = setTimeout(run, laterMs);
    return () => clearTimeout(timer);
  }
  const request = requestIdleCallback(run);
  return () => cancelIdleCallback(request);
}
