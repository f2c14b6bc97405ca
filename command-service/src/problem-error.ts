import type { Problem } from '@parley/contracts/problems/codes';

/** Carries a problem of the write model out of a question that has no other way to answer. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.title);
    this.problem = problem;
  }
}
