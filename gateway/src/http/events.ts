import { problem } from '@parley/contracts/problems/codes';
import { eventsPath } from '@parley/contracts/realtime/session';
import { logger } from '@parley/kernel/telemetry/log';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Live } from '../live/live.ts';
import type { Tokens } from '../session/tokens.ts';
import { authenticate } from './authenticate.ts';
import { ProblemError } from './problem-error.ts';

const cursorCharsMax = 500;
const EventsParams = z.strictObject({ cursor: z.string().max(cursorCharsMax).optional() });

/** `/v1/events`: the frames of a socket as server-sent events, one way, with the cursor as their id. */
export function eventRoutes(app: FastifyInstance, live: Live, tokens: Tokens): void {
  app.get(eventsPath, async (request, reply) => {
    const verified = await authenticate(tokens, request);
    if (!verified.ok) throw new ProblemError(verified.problem);
    const trouble = live.trouble();
    if (trouble !== undefined) throw new ProblemError(problem('unavailable', { detail: trouble, retryAfterMs: 1_000 }));
    const crowded = live.refusalOf(request.raw);
    if (crowded !== undefined) throw new ProblemError(problem(crowded));
    const cursor = cursorOf(request);
    const kept = reply.getHeaders();
    reply.hijack();
    for (const [name, value] of Object.entries(kept)) if (value !== undefined) reply.raw.setHeader(name, value);
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    reply.raw.flushHeaders();
    reply.raw.socket?.setTimeout(0);
    reply.raw.socket?.setNoDelay(true);
    live.serveEvents(reply.raw, { ...verified, address: live.addressOf(request.raw) }, cursor).catch((error: unknown) => {
      logger('gateway').error({ err: error }, 'an event stream broke');
      reply.raw.destroy();
    });
  });
}

/** A browser repeats the newest id in a header by itself, so the header is newer than the address. */
function cursorOf(request: FastifyRequest): string | undefined {
  const params = EventsParams.safeParse(request.query);
  if (!params.success) {
    const errors = params.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    throw new ProblemError(errors.every(({ path }) => path === 'cursor') ? problem('cursor-invalid') : problem('invalid', { errors }));
  }
  const header = request.headers['last-event-id'];
  if (typeof header === 'string' && header.length > cursorCharsMax) throw new ProblemError(problem('cursor-invalid'));
  return [header, params.data.cursor].find((value): value is string => typeof value === 'string' && value !== '');
}
