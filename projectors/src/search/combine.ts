/**
 * Makes one call of many: what is asked for while a call is under way waits and goes with the next, together. `work`
 * answers for each in order; a rejection is everybody's. At most `max` go together.
 */
export function combine<T, R>(work: (items: readonly T[]) => Promise<readonly R[]>, max: number): (item: T) => Promise<R> {
  type Waiting = { readonly item: T; readonly resolve: (result: R) => void; readonly reject: (error: unknown) => void };
  const waiting: Waiting[] = [];
  let working = false;

  const run = async (): Promise<void> => {
    working = true;
    while (waiting.length > 0) {
      const together = waiting.splice(0, max);
      try {
        const results = await work(together.map(({ item }) => item));
        together.forEach(({ resolve }, index) => resolve(results[index] as R));
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    working = false;
  };
  return (item) => new Promise<R>((resolve, reject) => {
    waiting.push({ item, resolve, reject });
    // Those of the same turn go together.
    if (!working) {
      working = true;
      queueMicrotask(() => { run().catch(() => {}); });
    }
  });
}
