export type CombineOptions<T> = {
  /** At most so many go together; one that is heavier goes alone. */
  readonly max: number;
  /** What one counts for; 1 unless told. */
  readonly weigh?: (item: T) => number;
  /** Calls under way at once; 1 unless told. */
  readonly callsMax?: number;
};

/**
 * Makes one call of many: what is asked for while calls are under way waits and goes with the next, together, in the
 * order of asking. `work` answers for each in order; a rejection is everybody's.
 */
export function combine<T, R>(work: (items: readonly T[]) => Promise<readonly R[]>, { max, weigh = () => 1, callsMax = 1 }: CombineOptions<T>): (item: T) => Promise<R> {
  type Waiting = { readonly item: T; readonly resolve: (result: R) => void; readonly reject: (error: unknown) => void };
  const waiting: Waiting[] = [];
  let calls = 0;

  const takeTogether = (): Waiting[] => {
    let count = 0;
    for (let weight = 0; count < waiting.length; count += 1) {
      weight += weigh(waiting[count]!.item);
      if (count > 0 && weight > max) break;
    }
    return waiting.splice(0, count);
  };
  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const together = takeTogether();
      try {
        const results = await work(together.map(({ item }) => item));
        together.forEach(({ resolve }, index) => resolve(results[index] as R));
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    calls -= 1;
  };
  return (item) => new Promise<R>((resolve, reject) => {
    waiting.push({ item, resolve, reject });
    if (calls >= callsMax) return;
    // Those of the same turn go together.
    calls += 1;
    queueMicrotask(() => { run().catch(() => {}); });
  });
}
