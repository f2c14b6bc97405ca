import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

const ackMsMax = 30_000;
const unacknowledged = 20;

/** Publishes as the client library does, so many in flight, for so long; answers how many were acknowledged. */
export async function publishRaw(nc: NatsConnection, subjects: readonly string[], payload: Uint8Array, until: { readonly inFlight: number; readonly ms: number }): Promise<number> {
  const { inFlight, ms } = until;
  const js = jetstream(nc, { timeout: ackMsMax });
  const end = performance.now() + ms;
  let acked = 0;
  await Promise.all(Array.from({ length: inFlight }, async (_, lane) => {
    for (let index = lane; performance.now() < end; index += inFlight) {
      await js.publish(subjects[index % subjects.length]!, payload);
      acked += 1;
    }
  }));
  return acked;
}

/** Fills streams quickly: of the messages on one subject only every 21st is acknowledged, which says that those before it were taken. */
export async function fillRaw(nc: NatsConnection, subjects: readonly string[], payload: Uint8Array, count: number): Promise<void> {
  const js = jetstream(nc, { timeout: ackMsMax });
  await Promise.all(subjects.map(async (subject) => {
    for (let left = Math.ceil(count / subjects.length); left > 0; left -= unacknowledged + 1) {
      for (let index = 0; index < Math.min(unacknowledged, left - 1); index += 1) nc.publish(subject, payload);
      await js.publish(subject, payload);
    }
  }));
}
