import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/**
 * Calls `due` at a steady rate, from a thread of its own that sleeps to the microsecond. An event loop's timers know
 * whole milliseconds only, and turning the loop until the moment has come burns a core that the system under test needs.
 */
export type Beat = { readonly perSecond: number; readonly total: number };

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/**
 * Resolves after the last call. `due` gets the number of the beat, from 0, and how late it is, in milliseconds; when
 * the caller's loop was held up, what was missed follows at once, each with its own lateness.
 */
export async function keepTime(beat: Beat, due: (index: number, lateMs: number) => void): Promise<void> {
  const thread = new Worker(fileURLToPath(import.meta.url), { workerData: beat });
  const begunMs = await new Promise<number>((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });
  let next = 0;
  thread.on('message', () => {
    const lateMs = nowMs() - (begunMs + (next / beat.perSecond) * 1_000);
    due(next, lateMs);
    next += 1;
  });
  await once(thread, 'exit');
}

if (!isMainThread && parentPort !== null) {
  const { perSecond, total } = workerData as Beat;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows; between threads there is none
  const tell = (figure: number): void => parentPort?.postMessage(figure);
  const never = new Int32Array(new SharedArrayBuffer(4));
  const begunMs = nowMs() + 5;
  tell(begunMs);
  for (let index = 0; index < total; index += 1) {
    const waitMs = begunMs + (index / perSecond) * 1_000 - nowMs();
    if (waitMs > 0) Atomics.wait(never, 0, 0, waitMs);
    tell(index);
  }
}
