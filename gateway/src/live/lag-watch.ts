import type { NatsConnection } from '@nats-io/transport-node';
import { streamNames } from '@parley/contracts/wire/partition';

const everyMs = 1_000;
const answerMsMax = 2_000;
export const behindMsMax = 2_000;
export const unheardMsMax = 3_500;

export type LagSource = {
  delivered(stream: number): number;
  /** The epoch each stream had when this process began to follow it. */
  epochs: readonly string[];
};

type Look = { target: number; sinceMs: number } | undefined;

/**
 * Compares what was delivered with what each stream holds, every second where there is no traffic: a follower that
 * stands still looks like a quiet night from inside, and somebody removed would go on reading.
 */
export class LagWatch {
  readonly #nc: NatsConnection;
  readonly #source: LagSource;
  readonly #looks: Look[] = streamNames.map(() => undefined);
  readonly #seen: number[] = streamNames.map(() => -1);
  #heardAtMs = performance.now();
  #isLooking = false;
  /** Counts looks: what was asked over a connection that is gone is nobody's answer. */
  #round = 0;
  readonly #status: AsyncIterable<{ readonly type: string }> & { stop?: () => void };
  #otherEpoch: string | undefined = undefined;
  readonly #timer: NodeJS.Timeout;

  /** `onLook`: called every second and after each look. */
  constructor(nc: NatsConnection, source: LagSource, onLook: () => void) {
    this.#nc = nc;
    this.#source = source;
    this.#timer = setInterval(() => {
      // A look that nobody answers takes longer than what it waits for may.
      onLook();
      if (!this.#isLooking) this.#look().then(onLook, onLook);
    }, everyMs);
    this.#status = nc.status();
    this.#followConnection(onLook).catch(() => {});
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#status.stop?.();
  }

  /** Once the connection is back the log answers: it is asked at once, not when the last question has timed out. */
  async #followConnection(onLook: () => void): Promise<void> {
    for await (const { type } of this.#status) {
      if (type === 'reconnect') this.#look().then(onLook, onLook);
    }
  }

  /** Why what is delivered may not be all there is, or undefined. */
  trouble(): string | undefined {
    const nowMs = performance.now();
    if (this.#otherEpoch !== undefined) return `${this.#otherEpoch} was made anew or restored; this process has to start again`;
    const late = this.#looks.findIndex((look) => look !== undefined && nowMs - look.sinceMs > behindMsMax);
    if (late >= 0) return `${streamNames[late]} is more than ${behindMsMax} ms ahead`;
    return nowMs - this.#heardAtMs > unheardMsMax ? 'the log does not answer' : undefined;
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    this.#round += 1;
    const round = this.#round;
    try {
      const results = await Promise.all(streamNames.map((name, stream) => this.#lookAt(name, stream)));
      if (results.every(Boolean)) this.#heardAtMs = performance.now();
    } finally {
      if (round === this.#round) this.#isLooking = false;
    }
  }

  async #lookAt(name: string, stream: number): Promise<boolean> {
    const delivered = this.#source.delivered(stream);
    const look = this.#looks[stream];
    if (look && delivered >= look.target) this.#looks[stream] = undefined;
    const moved = delivered !== this.#seen[stream];
    this.#seen[stream] = delivered;
    if (moved && !this.#looks[stream]) return true;
    try {
      const { lastSeq, epoch } = await headOf(this.#nc, name);
      if (epoch !== this.#source.epochs[stream]) this.#otherEpoch = name;
      if (lastSeq > this.#source.delivered(stream)) this.#looks[stream] ??= { target: lastSeq, sinceMs: performance.now() };
      return true;
    } catch {
      return false;
    }
  }
}

type StreamInfo = { readonly state?: { readonly last_seq?: number }; readonly config?: { readonly metadata?: Readonly<Record<string, string>> } };

/** Twenty of these a second: so no more than one request and one look at its answer. */
async function headOf(nc: NatsConnection, stream: string): Promise<{ readonly lastSeq: number; readonly epoch: string }> {
  const answer = (await nc.request(`$JS.API.STREAM.INFO.${stream}`, '', { timeout: answerMsMax })).json<StreamInfo>();
  if (answer.state?.last_seq === undefined) throw new Error(`${stream} does not tell its state`);
  return { lastSeq: answer.state.last_seq, epoch: answer.config?.metadata?.['epoch'] ?? '' };
}
