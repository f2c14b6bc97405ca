import { problem, type Problem, type ProblemCode } from '@parley/contracts/problems/codes';
import { closeCodes } from '@parley/contracts/realtime/close-codes';
import { ClientFrame } from '@parley/contracts/realtime/frames';
import type { Execute } from '../commands/execute.ts';
import type { Limit } from '../limits/limits.ts';
import type { GatewayMetrics } from '../telemetry.ts';
import type { Hub } from './hub.ts';
import { backlogMax, type SocketConnection } from './parley-socket.ts';
import type { Presence } from './presence.ts';
import type { Typing } from './typing.ts';

/** Commands of one socket that wait for their answer; more are read later. */
export const inFlightMax = 64;

export type DispatchContext = {
  readonly hub: Hub;
  readonly execute: Execute;
  readonly limit: Limit;
  readonly typing: Typing;
  readonly presence: Presence;
  readonly renew: (connection: SocketConnection, token: string) => void;
  readonly metrics: GatewayMetrics;
};

const idOf = (value: unknown): string | undefined => {
  const id = typeof value === 'object' && value !== null ? (value as { id?: unknown }).id : undefined;
  return typeof id === 'string' && id.length <= 64 ? id : undefined;
};

export function sendProblem(connection: SocketConnection, code: ProblemCode, more?: Parameters<typeof problem>[1], id?: string): void {
  sendError(connection, problem(code, more), id);
}

function sendError(connection: SocketConnection, of: Problem, id: string | undefined): void {
  connection.send({ type: 'error', ...(id !== undefined && { id }), problem: of });
}

/**
 * Takes a signed-in socket's frame. Whoever sends faster than allowed, or has too many commands under way, is not
 * refused but read later: the network holds them back. What was read already waits here, bounded.
 */
export function receive(context: DispatchContext, connection: SocketConnection, data: Buffer): void {
  if (connection.isClosed) return;
  if (connection.backlog) {
    connection.backlog.push(data);
    if (connection.backlog.length > backlogMax) connection.close(closeCodes.rateLimited, 'too many frames');
    return;
  }
  const waitMs = admit(context, connection);
  if (waitMs === 0) return handle(context, connection, data);
  connection.backlog = [data];
  connection.socket.pause();
  context.metrics.throttled();
  if (Number.isFinite(waitMs)) retryLater(context, connection, waitMs);
}

/** 0: go on. Infinite: an answer has to come first. Else: milliseconds until the limit allows one more. */
function admit({ limit }: DispatchContext, connection: SocketConnection): number {
  if (connection.inFlight >= inFlightMax) return Number.POSITIVE_INFINITY;
  return limit.take(connection.user?.userId ?? '');
}

function retryLater(context: DispatchContext, connection: SocketConnection, waitMs: number): void {
  clearTimeout(connection.retryTimer);
  connection.retryTimer = setTimeout(() => drainBacklog(context, connection), Math.ceil(waitMs));
}

/** Handles what had to wait, as far as the limits allow now. */
export function drainBacklog(context: DispatchContext, connection: SocketConnection): void {
  connection.retryTimer = undefined;
  const waiting = connection.backlog;
  if (!waiting || connection.isClosed) return;
  let next = 0;
  while (next < waiting.length) {
    const waitMs = admit(context, connection);
    if (waitMs > 0) {
      connection.backlog = waiting.slice(next);
      if (Number.isFinite(waitMs)) retryLater(context, connection, waitMs);
      return;
    }
    handle(context, connection, waiting[next] as Buffer);
    if (connection.isClosed) return;
    next += 1;
  }
  connection.backlog = undefined;
  connection.socket.resume();
}

function handle(context: DispatchContext, connection: SocketConnection, data: Buffer): void {
  let value: unknown;
  try {
    value = JSON.parse(data.toString('utf8'));
  } catch {
    return sendProblem(connection, 'malformed', { detail: 'A frame is one JSON object.' });
  }
  const parsed = ClientFrame.safeParse(value);
  if (!parsed.success) {
    const errors = parsed.error.issues.slice(0, 20).map(({ path, message }) => ({ path: path.join('.'), message }));
    return sendProblem(connection, 'invalid', { errors }, idOf(value));
  }
  const frame = parsed.data;
  switch (frame.type) {
    case 'command':
      return runCommand(context, connection, frame.id, (value as { command: unknown }).command, frame.traceparent);
    case 'typing':
      return context.typing.said(connection, frame.roomId, frame.n);
    case 'presence':
      return context.presence.said(connection, frame.state);
    case 'open':
      return context.hub.openRooms(connection, frame.rooms);
    case 'ping':
      return pong(context, connection, frame.t);
    case 'renew':
      return context.renew(connection, frame.token);
  }
}

function runCommand(context: DispatchContext, connection: SocketConnection, id: string, command: unknown, traceparent: string | undefined): void {
  const { user } = connection;
  if (!user) return;
  connection.inFlight += 1;
  context.execute({ id, command, caller: { userId: user.userId as never, kind: user.kind }, traceparent }).then(
    (executed) => {
      if (executed.ok) connection.send({ type: 'ack', ...executed.answer });
      else sendError(connection, executed.problem, id);
      settle(context, connection);
    },
    () => {
      sendProblem(connection, 'internal', {}, id);
      settle(context, connection);
    },
  );
}

function settle(context: DispatchContext, connection: SocketConnection): void {
  connection.inFlight -= 1;
  if (connection.backlog && !connection.retryTimer) drainBacklog(context, connection);
}

function pong({ hub }: DispatchContext, connection: SocketConnection, t: number): void {
  // The cursor says that everything before it was sent, so what waits is sent first.
  hub.flush();
  const cursor = connection.held ? undefined : hub.delivered.token();
  if (cursor !== undefined) connection.send({ type: 'pong', t, serverTime: Date.now(), cursor });
}
