import type { NatsConnection } from '@nats-io/transport-node';
import { streamNames } from '@parley/contracts/wire/partition';
import { decodeCommit } from './commit-codec.ts';
import { leaderGet } from './leader-get.ts';

/** The log is another workspace's than this process is set to. */
export class WorkspaceMismatch extends Error {
  override readonly name = 'WorkspaceMismatch';
}

/** The workspace whose log this is, by the oldest commit of its first stream that begins with one; undefined while there is none. Throws LogUnavailable. */
export async function workspaceOf(nc: NatsConnection): Promise<string | undefined> {
  for (const stream of streamNames) {
    const oldest = await leaderGet(nc, stream, { seq: 1, next_by_subj: '>' });
    if (!oldest) continue;
    try {
      return decodeCommit(oldest.bytes).ws;
    } catch {
      // Damage is told by those who verify; any other commit says as much.
    }
  }
  return undefined;
}

/**
 * Ends whoever is set to another workspace before they have done anything: each commit names its own, so what they
 * wrote would be no part of this log's aggregates, for ever. A log without a commit is anybody's.
 * Throws WorkspaceMismatch, and LogUnavailable.
 */
export async function requireWorkspace(nc: NatsConnection, ws: string): Promise<void> {
  const found = await workspaceOf(nc);
  if (found !== undefined && found !== ws) throw new WorkspaceMismatch(`the log is of workspace ${JSON.stringify(found)}, and PARLEY_WS is ${JSON.stringify(ws)}: is it the right server, or the right setting?`);
}
