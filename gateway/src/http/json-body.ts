import { problem } from '@parley/contracts/problems/codes';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from './problem-error.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const polluting = /"(?:__proto__|constructor|prototype|\\u)/i;

/** JSON only, exactly as it was sent: bytes that are not UTF-8 or keys that reach for a prototype are refused, not repaired. */
export function takeJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJson(body));
    } catch (error) {
      done(error instanceof ProblemError ? error : new ProblemError(problem('malformed', { detail: 'The body is not JSON.' })));
    }
  });
}

/** Parses a body; an empty one is an empty object. Throws ProblemError, SyntaxError, TypeError. */
export function parseJson(body: Buffer): unknown {
  if (body.byteLength === 0) return {};
  const text = utf8.decode(body);
  return polluting.test(text) ? JSON.parse(text, refusePolluting) : JSON.parse(text);
}

function refusePolluting(key: string, value: unknown): unknown {
  if (key === '__proto__' || key === 'constructor' || key === 'prototype') {
    throw new ProblemError(problem('invalid', { errors: [{ path: key, message: 'is not a field' }] }));
  }
  return value;
}
