import type { NatsConnection } from '@parley/kernel/nats/connect';
import type { ContentSealer } from '@parley/kernel/sealing/content';
import { logger } from '@parley/kernel/telemetry/log';

const vaultRetryMs = 1_000;

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

export type VaultWatch = { readonly firstTry: Promise<void>; readonly reason: () => string | undefined; stop(): void };

/** Asks for the pepper until the vault has answered once: a process that never had a key can seal nothing. */
export function watchVault(sealer: Pick<ContentSealer, 'claimIdOf'>): VaultWatch {
  let reason: string | undefined = 'the vault has not answered yet';
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const attempt = async (): Promise<void> => {
    try {
      await sealer.claimIdOf('n1:');
      reason = undefined;
    } catch (error) {
      reason = `the vault cannot be reached: ${error instanceof Error ? error.message : String(error)}`;
      if (!stopped) timer = setTimeout(() => void attempt(), vaultRetryMs);
    }
  };
  return {
    firstTry: attempt(),
    reason: () => reason,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
