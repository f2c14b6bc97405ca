import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendError, sendUnknown } from './send-problem.ts';

/** What Nest itself would answer (unknown paths, unreadable requests), as problems. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent) return;
    if (error instanceof HttpException && error.getStatus() === 404) sendUnknown(reply, http.getRequest<FastifyRequest>().method);
    else sendError(reply, error instanceof HttpException ? { statusCode: error.getStatus() } : error);
  }
}
