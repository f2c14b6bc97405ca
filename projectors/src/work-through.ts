/**
 * Does `work` with every item, with at most `atOnce` of them at the same time. Rejects with the first failure, once all
 * that was begun has ended; the generator is closed then, and nothing more is begun.
 */
export async function workThrough<T>(items: AsyncGenerator<T>, atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const worker = async (): Promise<void> => {
    try {
      for (let item = await items.next(); item.done !== true; item = await items.next()) await work(item.value);
    } catch (error) {
      await items.return(undefined);
      throw error;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  for (const outcome of ended) if (outcome.status === 'rejected') throw outcome.reason;
}
