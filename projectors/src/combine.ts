export type CombineOptions<T> = {
  /** At most so many go together; one that is heavier goes alone. */
  readonly max: number;
  /** What one counts for; 1 unless told. */
  readonly weigh?: (item: T) => number;
  /** Calls under way at once; 1 unless told. */
  readonly callsMax?: number;
};

/**
 * Makes one call of many: what is asked for in the same turn of the event loop, or while calls are under way, goes
 * together, in the order of asking. `work` answers for each in order, with a promise if one may fail
 * alone; a rejection of the call is everybody's.
 */
export function combine<T, R>(work: (items: readonly T[]) => Promise<readonly (R | Promise<R>)[]>, options: CombineOptions<T>): (item: T) => Promise<R> {
  const { max, weigh = () => 1, callsMax = 1 } = options;
  type Waiting = { readonly item: T; readonly resolve: (result: R | Promise<R>) => void; readonly reject: (error: unknown) => void };
  const waiting: Waiting[] = [];
  let calls = 0;
  let isPlanned = false;

  const takeTogether = (): Waiting[] => {
    let count = 0;
    for (let weight = 0; count < waiting.length; count += 1) {
      weight += weigh(waiting[count]!.item);
      if (count > 0 && weight > max) break;
    }
    return waiting.splice(0, count);
  };
  const call = async (together: readonly Waiting[]): Promise<void> => {
    try {
      const results = await work(together.map(({ item }) => item));
      together.forEach(({ resolve }, index) => resolve(results[index] as R));
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
    calls -= 1;
    begin();
  };
  const begin = (): void => {
    isPlanned = false;
    while (waiting.length > 0 && calls < callsMax) {
      calls += 1;
      call(takeTogether()).catch(() => {});
    }
  };
  return (item) => new Promise<R>((resolve, reject) => {
    waiting.push({ item, resolve, reject });
    if (isPlanned || calls >= callsMax) return;
    isPlanned = true;
    setImmediate(begin);
  });
}
