import { closeCodes } from '@parley/contracts/realtime/close-codes';
import { tokenGraceMs } from '@parley/contracts/realtime/limits';
import type { Tokens } from '../session/tokens.ts';
import type { Connection } from './connection.ts';
import { sendProblem } from './dispatch.ts';
import type { SocketConnection } from './parley-socket.ts';

/** Closes connections whose token ended longer ago than the grace. `nowMs`: since 1970. */
export function closeExpired(connections: Iterable<Connection>, nowMs: number): void {
  const endedBefore = nowMs - tokenGraceMs;
  for (const connection of connections) if (connection.expiresAtMs < endedBefore) connection.close(closeCodes.unauthenticated, 'token-expired');
}

/** Takes a fresh token for an open socket. One that is refused, or of somebody else, is answered and changes nothing. */
export async function renewToken(tokens: Tokens, connection: SocketConnection, token: string): Promise<void> {
  const verified = await tokens.verify(token);
  const { user } = connection;
  if (connection.isClosed || !user) return;
  if (!verified.ok) return sendProblem(connection, verified.problem.code);
  if (verified.caller.userId !== user.userId || verified.caller.kind !== user.kind) return sendProblem(connection, 'forbidden', { detail: 'The token is of somebody else.' });
  connection.expiresAtMs = verified.expiresAtMs;
  connection.send({ type: 'renewed', expiresAt: verified.expiresAtMs });
}
