import { ProblemError } from '@parley/client/problem-error';
import { problem, type Problem } from '@parley/contracts/problems/codes';
import type { Catalogue } from '../i18n/en.ts';

/** What went wrong, in a form that can be shown; what is no problem of the service counts as one of ours. */
export const troubleOf = (error: unknown): Problem => (error instanceof ProblemError ? error.problem : problem('internal'));

/** In the reader's language where the page knows the code, else in the service's own words. */
export const troubleText = (trouble: Problem, words: Catalogue): string => words.problems[trouble.code] ?? trouble.detail ?? trouble.title;
