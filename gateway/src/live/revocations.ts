import type { NatsConnection } from '@nats-io/transport-node';
import { RoomId } from '@parley/contracts/ids';
import { revocationSubject } from '@parley/contracts/wire/subjects';
import { z } from 'zod';

const Revocation = z.object({ userId: z.string().max(64), rooms: z.array(RoomId).max(1_000).optional() });

/** Listens for "this person may not read on now": all of it, or some rooms. Returns what stops that. */
export function followRevocations(nc: NatsConnection, onRevoked: (userId: string, rooms: readonly string[] | undefined) => void): () => void {
  const subscription = nc.subscribe(revocationSubject, {
    callback: (error, message) => {
      if (error) return;
      const revoked = parse(message.string());
      if (revoked) onRevoked(revoked.userId, revoked.rooms);
    },
  });
  return () => subscription.unsubscribe();
}

function parse(text: string): z.infer<typeof Revocation> | undefined {
  try {
    return Revocation.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
