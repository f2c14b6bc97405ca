import type { QueryBus } from '@nestjs/cqrs';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '@parley/contracts/envelope/caller';
import { UserId } from '@parley/contracts/ids';
import type { Answer } from '@parley/contracts/queries/define';
import { latencyBoundariesMs, meter } from '@parley/kernel/telemetry/telemetry';
import { withSpan } from '@parley/kernel/telemetry/trace';
import type { Checkpoints } from '../freshness/checkpoints.ts';
import { positionNow, waitFor } from '../freshness/freshness.ts';
import { ProblemError, problemOf } from '../problem-error.ts';
import type { Asker, Question } from '../question.ts';
import { questions } from '../questions.ts';
import { isEmptyAnswer, type QueryUse } from '../use/query-use.ts';
import { sendError } from './send-problem.ts';

const inFlightMax = 500;
const fieldErrorsMax = 10;

const queryMs = meter().createHistogram('parley_query_ms', { description: 'Time to answer a query', advice: { explicitBucketBoundaries: [...latencyBoundariesMs] } });
const staleTotal = meter().createCounter('parley_query_stale_total', { description: 'Answers that were older than asked for' });

export type DoorDeps = { readonly bus: () => QueryBus; readonly checkpoints: Checkpoints; readonly callerOf: (authorization: string | undefined) => Promise<Caller>; readonly use: Pick<QueryUse, 'count'> };

/** One GET route per question: who asks, parameters by the contract, wait for `after`, answer or problem. */
export function openDoor(fastify: FastifyInstance, deps: DoorDeps): void {
  let inFlight = 0;
  fastify.setErrorHandler((error, _request, reply) => sendError(reply, error));
  for (const asked of questions) {
    fastify.get(asked.definition.path, async (request, reply) => {
      const begun = performance.now();
      let outcome = 'ok';
      let empty = false;
      try {
        const trouble = deps.checkpoints.trouble();
        if (trouble !== undefined) throw new ProblemError('unavailable', { detail: `${trouble}.`, retryAfterMs: 1_000 });
        if (inFlight >= inFlightMax) throw new ProblemError('overloaded', { retryAfterMs: 500 });
        inFlight += 1;
        const parent = headerOf(request, 'traceparent');
        const body = await withSpan(`query ${asked.definition.name}`, { parent }, () => answer(asked, request, deps)).finally(() => { inFlight -= 1; });
        empty = isEmptyAnswer(body.data);
        return await reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').send(JSON.stringify(body));
      } catch (error) {
        outcome = problemOf(error).code;
        return await sendError(reply, error);
      } finally {
        const tookMs = performance.now() - begun;
        queryMs.record(tookMs, { query: asked.definition.name, outcome });
        if (asked.audience === 'person') deps.use.count(asked.definition.name, outcome, tookMs, empty);
      }
    });
  }
}

async function answer(asked: Question, request: FastifyRequest, { bus, checkpoints, callerOf }: DoorDeps): Promise<Answer<unknown>> {
  const caller = askerFor(asked, await callerOf(headerOf(request, 'authorization')));
  const params = paramsOf(asked, request);
  const { after } = params as { after?: string };
  const fresh = await waitFor(checkpoints, after, asked.needs(caller, params));
  const position = positionNow(checkpoints, asked.position);
  const found = await bus().execute(new asked.query(caller, params as never)).catch((error: unknown) => {
    // What is not there yet would look as if it did not exist.
    if (fresh.late && error instanceof ProblemError && error.problem.code === 'not-found') {
      throw new ProblemError('unavailable', { detail: 'The read models have not reached the position asked for.', retryAfterMs: 500 });
    }
    throw error;
  });
  const body: Answer<unknown> = { data: found.data, position, stale: fresh.stale || found.parked };
  if (body.stale) staleTotal.add(1, { query: asked.definition.name });
  return body;
}

/** Internal questions are for gateways themselves; all others are asked for a person. */
function askerFor({ audience }: Question, caller: Caller): Asker {
  if (audience === 'system') {
    if (caller.kind !== 'system') throw new ProblemError('forbidden');
    return caller as Asker;
  }
  if (!UserId.safeParse(caller.userId).success) throw new ProblemError('forbidden');
  return caller as Asker;
}

function paramsOf({ definition }: Question, request: FastifyRequest): Record<string, unknown> {
  const parsed = definition.params.safeParse({ ...(request.query as object), ...(request.params as object) });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, fieldErrorsMax).map(({ path, message }) => ({ path: path.join('.'), message }));
  const cursorOnly = issues.length > 0 && issues.every(({ path }) => path === 'after');
  throw cursorOnly ? new ProblemError('cursor-invalid') : new ProblemError('invalid', { detail: issues.map(({ path, message }) => `${path}: ${message}`).join('; '), errors: issues });
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
