import { type Problem, problem, type ProblemCode } from '@parley/contracts/problems/codes';
import type { FastifyError } from 'fastify';

/** A refusal on its way to the HTTP rim. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  constructor(of: Problem) {
    super(of.title);
    this.problem = of;
  }
}

const byCode: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'too-large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed',
  FST_ERR_BAD_URL: 'malformed',
  FST_ERR_ASYNC_CONSTRAINT: 'malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'uri-too-long',
  FST_ERR_ROUTE_REWRITE_NOT_STR: 'malformed',
};
const byStatus: Readonly<Record<number, ProblemCode>> = { 400: 'malformed', 401: 'unauthenticated', 403: 'forbidden', 404: 'not-found', 405: 'method-not-allowed', 413: 'too-large', 414: 'uri-too-long', 415: 'unsupported-media-type', 429: 'rate-limited', 431: 'headers-too-large', 503: 'unavailable' };

/** The problem that an error is; undefined for what nobody foresaw. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof ProblemError) return error.problem;
  const { code, statusCode, problem: carried } = error as Partial<FastifyError> & { problem?: Problem };
  if (carried) return carried;
  const named = (code !== undefined && byCode[code]) || (statusCode !== undefined && byStatus[statusCode]);
  if (named) return problem(named);
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? problem('malformed') : undefined;
}

export const problemType = 'application/problem+json; charset=utf-8';
