import type { NatsConnection } from '@nats-io/transport-node';
import { streamNames } from '@parley/contracts/wire/partition';

/** Deadlines and ids carry the time of whoever made them: further apart, what is in time looks late. */
const skewMsMax = 2_000;
const everyMs = 5_000;
const answerMsMax = 2_000;

/** How far this host's clock is from the log's. */
export type Clock = {
  /** Milliseconds, positive when ahead; undefined before the log told its time. */
  skewMs(): number | undefined;
  /** Why this process should not serve, or undefined. */
  trouble(): string | undefined;
  stop(): void;
};

/** Asks the log for its time every 5 s. Resolves when that was tried once. */
export async function watchClock(nc: NatsConnection): Promise<Clock> {
  let skewMs: number | undefined;
  const ask = async (): Promise<void> => {
    const sentAt = Date.now();
    try {
      const { ts } = (await nc.request(`$JS.API.STREAM.INFO.${streamNames[0]}`, '', { timeout: answerMsMax })).json<{ ts?: string }>();
      const toldAt = Date.parse(ts ?? '');
      if (!Number.isNaN(toldAt)) skewMs = skewOf(sentAt, Date.now(), toldAt);
    } catch {
      // A log that does not answer is told of by others; the clocks are where they were.
    }
  };
  await ask();
  const timer = setInterval(() => { ask().catch(() => {}); }, everyMs);
  return {
    skewMs: () => skewMs,
    trouble: () => (skewMs === undefined ? undefined : clockTrouble(skewMs)),
    stop: () => clearInterval(timer),
  };
}

/** Something happened elsewhere between two moments here; a time outside of them is the clocks' difference. */
export function skewOf(fromMs: number, toMs: number, elsewhereMs: number): number {
  if (elsewhereMs < fromMs) return fromMs - elsewhereMs;
  if (elsewhereMs > toMs) return toMs - elsewhereMs;
  return 0;
}

/** What is said of a clock that is too far from another: the log's, unless told. */
export function clockTrouble(skewMs: number, { whose = 'the log’s', msMax = skewMsMax } = {}): string | undefined {
  return Math.abs(skewMs) > msMax ? `the clock is ${Math.round(Math.abs(skewMs))} ms ${skewMs > 0 ? 'ahead of' : 'behind'} ${whose}` : undefined;
}
