import { closeCodes } from '@parley/contracts/realtime/close-codes';
import type { Connection } from './connection.ts';

const spreadMsMax = 8_000;
const msPerConnection = 4;
const stepMs = 50;
const afterMsMax = 2_000;

/**
 * Says "go elsewhere" to every connection and closes it, a few at a time, so that those who come back do not all come
 * at once. Resolves when all were told, within 8 s.
 */
export async function drainConnections(connections: readonly Connection[]): Promise<void> {
  const shuffled = [...connections].map((connection) => ({ connection, at: Math.random() })).sort((a, b) => a.at - b.at).map(({ connection }) => connection);
  const spreadMs = Math.min(spreadMsMax, shuffled.length * msPerConnection);
  const steps = Math.max(1, Math.ceil(spreadMs / stepMs));
  for (let step = 0; step < steps; step += 1) {
    const from = Math.floor((shuffled.length * step) / steps);
    const to = Math.floor((shuffled.length * (step + 1)) / steps);
    for (const connection of shuffled.slice(from, to)) sendAway(connection);
    if (step + 1 < steps) await new Promise((resolve) => setTimeout(resolve, stepMs));
  }
}

function sendAway(connection: Connection): void {
  connection.send({ type: 'goaway', afterMs: Math.round(Math.random() * afterMsMax), reason: 'this gateway is restarting' });
  connection.close(closeCodes.goAway, 'going away');
}
