/** How long a fault lasts: short in every run of the tests, the length of a real outage with PARLEY_FAULT_SECONDS. */
export const faultSeconds = Number(process.env['PARLEY_FAULT_SECONDS'] ?? 7);
export const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
/** Answer and how long it took. */
export async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const begun = performance.now();
  const value = await work();
  return { value, ms: performance.now() - begun };
}
