import { bulkhead, BulkheadRejectedError, circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen, isBrokenCircuitError, isTaskCancelledError, timeout, TimeoutStrategy, wrap } from 'cockatiel';
import { logger } from '@parley/kernel/telemetry/log';
import { ProblemError } from '../problem-error.ts';

/** Searches at a time and waiting: more would only make everybody wait longer. */
const [togetherMax, waitingMax] = [8, 32];
const searchMsMax = 2_000;
const failuresMax = 3;
const restMs = 1_000;

export type Guard = {
  readonly ask: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  readonly trouble: () => string | undefined;
};

/**
 * Guards an index: at most 2 s for an answer, 8 at a time, and after three failures in a row it is left alone for a
 * second. Refusals of ours pass; everything else becomes the problem search-unavailable.
 */
export function guarded(away: string): Guard {
  const breaker = circuitBreaker(handleWhen((error) => !(error instanceof ProblemError)), { halfOpenAfter: restMs, breaker: new ConsecutiveBreaker(failuresMax) });
  const policy = wrap(bulkhead(togetherMax, waitingMax), breaker, timeout(searchMsMax, TimeoutStrategy.Aggressive));
  return {
    ask: async (work) => {
      try {
        return await policy.execute(({ signal }) => work(signal));
      } catch (error) {
        if (error instanceof ProblemError) throw error;
        if (!isBrokenCircuitError(error) && !(error instanceof BulkheadRejectedError)) logger('query-service').warn({ err: error }, 'a search could not be answered');
        if (error instanceof BulkheadRejectedError) throw new ProblemError('overloaded', { detail: 'Too many searches at a time.', retryAfterMs: restMs });
        const late = isTaskCancelledError(error) || (error as { code?: unknown }).code === '57014';
        const detail = late ? 'The search took too long; ask for something rarer, or in one room.' : away;
        throw new ProblemError('search-unavailable', { detail: isBrokenCircuitError(error) ? away : detail, retryAfterMs: restMs });
      }
    },
    trouble: () => (breaker.state === CircuitState.Open ? away : undefined),
  };
}
