import { problem, problems, type Problem, type ProblemCode } from '@parley/contracts/problems/codes';

/** A refusal, by the gateway's word (RFC 9457) or ours. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  constructor(body: Problem) {
    super(body.detail ?? body.title);
    this.problem = body;
  }
  get code(): ProblemCode {
    return this.problem.code;
  }
}

/** Makes a problem of what came: a newer gateway may use codes that this build does not know. */
export function toProblem(body: unknown, status: number): Problem {
  if (typeof body === 'object' && body !== null && typeof (body as Problem).code === 'string' && typeof (body as Problem).title === 'string') return body as Problem;
  return { ...problem(status === 401 ? 'unauthenticated' : status === 404 ? 'not-found' : status === 429 ? 'rate-limited' : status >= 500 ? 'unavailable' : 'malformed'), status };
}

/** Whether the very same request may succeed later. */
export function mayRetry({ code, status }: Problem): boolean {
  return Object.hasOwn(problems, code) ? problems[code].retry : status === 429 || status >= 500;
}
