import { decodeCursor, encodeCursor } from '@parley/contracts/realtime/cursor';
import { queryWaitMsMax } from '@parley/contracts/realtime/limits';
import { eventStreams, streamNames } from '@parley/contracts/wire/partition';
import { ProblemError } from '../problem-error.ts';
import type { Lane, Question } from '../question.ts';
import type { Checkpoints } from './checkpoints.ts';

/** Whether the rows had reached what was asked for; `late`: they had not within the wait, but may soon. */
export type Freshness = { readonly stale: boolean; readonly late: boolean };

/**
 * Waits up to 500 ms until the rows that a question needs are as new as the cursor `after`. A cursor of another epoch
 * is of another log: nothing can be waited for. Throws the problem cursor-invalid for what is no cursor.
 */
export async function waitFor(checkpoints: Checkpoints, after: string | undefined, needs: readonly Lane[]): Promise<Freshness> {
  if (after === undefined) return { stale: false, late: false };
  const cursor = decodeCursor(after);
  if (!cursor) throw new ProblemError('cursor-invalid');
  if (!(await checkpoints.isOf(cursor.epoch))) return { stale: true, late: false };
  const targets = needs.flatMap((lane) => {
    const seq = cursor.seqs[lane.stream] ?? -1;
    return seq > 0 ? [{ ...lane, seq }] : [];
  });
  const reached = await checkpoints.reached(targets, queryWaitMsMax);
  return { stale: !reached, late: !reached };
}

/** The position to stamp an answer with, taken before its rows are read: they are at least this new. */
export function positionNow(checkpoints: Checkpoints, of: Question['position']): string {
  const seqs = streamNames.map((_, stream) => checkpoints.at(stream < eventStreams ? of : 'markers', stream));
  return encodeCursor({ epoch: checkpoints.epoch, seqs });
}
