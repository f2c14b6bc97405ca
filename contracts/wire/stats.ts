import { z } from 'zod';

/** Where gateways tell how fast they deliver: core NATS, best effort, never stored as such. */
export const deliverySubject = 'stat.delivery';

/** Upper bounds in milliseconds of the buckets that times are counted in; one more bucket is beyond them all. */
export const latencyBoundsMs: readonly number[] = [0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/** The bucket that a time in milliseconds is counted in. */
export function latencyBucketOf(ms: number): number {
  const bucket = latencyBoundsMs.findIndex((bound) => ms <= bound);
  return bucket < 0 ? latencyBoundsMs.length : bucket;
}

export const emptyLatencyCounts = (): number[] => Array.from({ length: latencyBoundsMs.length + 1 }, () => 0);

/** Frames that one gateway wrote within one minute, by the time since their commit was stored. Several of a minute add up. */
export const DeliveryStat = z.strictObject({
  gateway: z.string().min(1).max(64),
  minute: z.iso.datetime(),
  counts: z.array(z.int().min(0).max(1_000_000_000)).length(latencyBoundsMs.length + 1),
});
export type DeliveryStat = z.infer<typeof DeliveryStat>;
