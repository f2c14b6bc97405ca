import { setTimeout as pause } from 'node:timers/promises';
import { JetStreamApiError } from '@nats-io/jetstream';

/** "No suitable peers for placement", with the reason in its text. Source: nats-server, `errors.json`, JSClusterNoPeersErrF. */
const noPeers = 10_005;
const pauseMs = 250;

/**
 * Does `work`, again and again for `forMs` as long as the cluster says that it has no servers to place a stream on: one
 * that just formed, or lost a server for a moment, says so of a peer that it has not heard of yet.
 * @throws what `work` throws at last, and at once whatever else it throws.
 */
export async function whenPlaced<T>(work: () => Promise<T>, forMs: number): Promise<T> {
  const giveUpAt = performance.now() + forMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isNoPeers(error) || isNoRoom(error) || performance.now() + pauseMs > giveUpAt) throw error;
    }
    await pause(pauseMs);
  }
}

/** Whether a cluster has the servers for a stream, all heard from, and no disk space. */
export function isNoRoom(error: unknown): boolean {
  return isNoPeers(error) && (error as Error).message.endsWith('for placement, insufficient storage');
}

/** Whether a cluster refused a stream because it has not as many servers as replicas are wanted. */
export function isNoPeers(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === noPeers;
}
