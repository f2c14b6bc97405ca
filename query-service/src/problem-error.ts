import { problem, type Problem, type ProblemCode } from '@parley/contracts/problems/codes';

/** A refusal on its way to the rim, where it becomes `application/problem+json`. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  constructor(code: ProblemCode, more: Parameters<typeof problem>[1] = {}) {
    super(code);
    this.problem = problem(code, more);
  }
}

/** The same for what does not exist and for what the asker may not see. */
export const notFound = (): ProblemError => new ProblemError('not-found');

export const invalid = (path: string, message: string): ProblemError => new ProblemError('invalid', { detail: `${path}: ${message}`, errors: [{ path, message }] });

// Connection errors of the client library and of the system, and server states in which nothing can be asked.
const AWAY = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|CONNECT|CONNECTION_|08|53|57P)/;
const cancelled = '57014';

/** The problem that any error is, for the one who asked. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  if (typeof code === 'string') {
    if (code === cancelled) return problem('timeout', { retryAfterMs: 1_000 });
    if (AWAY.test(code)) return problem('unavailable', { detail: 'The read models cannot be reached.', retryAfterMs: 1_000 });
  }
  if (statusCode === 404) return problem('not-found');
  if (statusCode === 413) return problem('too-large');
  if (statusCode === 414) return problem('uri-too-long');
  if (statusCode === 415) return problem('unsupported-media-type');
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) return problem('malformed');
  return problem('internal');
}
