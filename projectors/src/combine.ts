export type CombineOptions<T> = {
  /** At most so many go together; one that is heavier goes alone. */
  readonly max: number;
  /** What one counts for; 1 unless told. */
  readonly weigh?: (item: T) => number;
  /** Calls under way at once; 1 unless told. */
  readonly callsMax?: number;
  /** Calls begin at least so far apart, unless as much waits as may go together. The first after a pause begins at once. 0 unless told. */
  readonly paceMs?: number;
};

/**
 * Makes one call of many: what is asked for while calls are under way, or too soon after the last began, waits and goes
 * with the next, together, in the order of asking. `work` answers for each in order, with a promise if one may fail
 * alone; a rejection of the call is everybody's.
 */
export function combine<T, R>(work: (items: readonly T[]) => Promise<readonly (R | Promise<R>)[]>, options: CombineOptions<T>): (item: T) => Promise<R> {
  const { max, weigh = () => 1, callsMax = 1, paceMs = 0 } = options;
  type Waiting = { readonly item: T; readonly weight: number; readonly resolve: (result: R | Promise<R>) => void; readonly reject: (error: unknown) => void };
  const waiting: Waiting[] = [];
  let weightWaiting = 0;
  let calls = 0;
  let begunAtMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  const takeTogether = (): Waiting[] => {
    let count = 0;
    for (let weight = 0; count < waiting.length; count += 1) {
      weight += waiting[count]!.weight;
      if (count > 0 && weight > max) break;
    }
    const taken = waiting.splice(0, count);
    weightWaiting -= taken.reduce((sum, { weight }) => sum + weight, 0);
    return taken;
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
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0 && calls < callsMax) {
      const tooSoonMs = begunAtMs + paceMs - performance.now();
      if (tooSoonMs > 0 && weightWaiting < max) {
        timer = setTimeout(begin, Math.ceil(tooSoonMs));
        return;
      }
      calls += 1;
      begunAtMs = performance.now();
      call(takeTogether()).catch(() => {});
    }
  };
  return (item) => new Promise<R>((resolve, reject) => {
    const weight = weigh(item);
    waiting.push({ item, weight, resolve, reject });
    weightWaiting += weight;
    if (calls >= callsMax || (timer !== undefined && weightWaiting < max)) return;
    // Those of the same turn go together.
    queueMicrotask(begin);
  });
}
