import type { NatsConnection } from '@parley/kernel/nats/connect';
import { logger } from '@parley/kernel/telemetry/log';

/** Why the connection to NATS is no ground to stand on now. */
export function watchConnection(nc: NatsConnection): () => string | undefined {
  let connected = true;
  const follow = async (): Promise<void> => {
    for await (const { type } of nc.status()) {
      if (type === 'disconnect') connected = false;
      if (type === 'reconnect') connected = true;
    }
  };
  follow().catch((error: unknown) => logger('command-service').warn({ err: error }, 'the connection’s state is no longer followed'));
  return () => (connected && !nc.isClosed() ? undefined : 'not connected');
}
