import type { NatsConnection } from '@nats-io/transport-node';
import { erasureSubject } from '@parley/contracts/wire/subjects';
import { logger } from '../telemetry/log.ts';

/** What is to be forgotten: `person:<id>`, `room:<id>` or `room:<id>:<yyyymm>`; undefined: all of it. */
export type Forget = (scope: string | undefined) => void;

const scopeCharsMax = 140;

/**
 * Calls `forget` for every secret that is announced as destroyed, and with undefined whenever an announcement may have
 * been missed: after each reconnection. A process that is cut off keeps what it has, but hears nothing new to read with
 * it. Returns what stops that.
 */
export function followErasures(nc: NatsConnection, forget: Forget): () => void {
  let stopped = false;
  const subscription = nc.subscribe(erasureSubject, {
    callback: (error, message) => {
      if (error) return;
      const scope = message.string();
      forget(scope === '' || scope.length > scopeCharsMax ? undefined : scope);
    },
  });
  const followConnection = async (): Promise<void> => {
    for await (const { type } of nc.status()) {
      if (stopped) return;
      if (type === 'reconnect' || type === 'slowConsumer') forget(undefined);
    }
  };
  followConnection().catch((error: unknown) => logger('erasures').error({ err: error }, 'reconnections are no longer followed'));
  return () => {
    stopped = true;
    subscription.unsubscribe();
  };
}

/** Announces that a secret is destroyed; on the server when this resolves. */
export async function announceErasure(nc: NatsConnection, scope: string): Promise<void> {
  nc.publish(erasureSubject, scope);
  await nc.flush();
}
