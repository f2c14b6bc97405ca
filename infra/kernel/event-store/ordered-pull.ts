import { createInbox, type Msg, type MsgHdrs, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { JetStreamApiError, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { LogUnavailable } from './event-log.ts';

/** One message of a stream. `headers` is undefined where it has none; `storedAtMs` is the server's clock, since 1970. */
export type StreamMessage = {
  readonly seq: number;
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly headers: MsgHdrs | undefined;
  readonly storedAtMs: number;
};

const pullMessagesMax = 4_000;
const pullBytesMax = 4 * 1024 * 1024;
const pullExpiresMs = 5_000;
const heartbeatMs = 1_000;
/** Two heartbeats missed and some air. */
const stallMsMax = 2_500;
const inactiveThresholdMs = 30_000;
const createRetryMs = 250;
const missingStreamMsMax = 10_000;
const nanosPerMs = 1_000_000;
const streamNotFoundCode = 10_059;

/**
 * Reads one stream in order through an ephemeral consumer that acknowledges nothing: pulls by bytes, checks that no
 * delivery is missing, and makes a new consumer behind the last message whenever one is lost, deleted, silent for
 * longer than two heartbeats, or the connection was renewed. At most one pull (4 MB, 4,000 messages) is in memory.
 * The client's own ordered consumer pulls 100 messages at most when it pulls by bytes, cannot be held back while its
 * reader is busy, and needs 10 s to notice a dead server; hence this one.
 */
export class OrderedPull {
  readonly #nc: NatsConnection;
  readonly #stream: string;
  readonly #onArrival: () => void;
  readonly #filterSubject: string | undefined;
  #jsm: JetStreamManager | undefined;
  #nextSeq: number;
  #deliverySeq = 0;
  #consumer: string | undefined;
  #subscription: Subscription | undefined;
  #buffer: StreamMessage[] = [];
  #pullLeft = 0;
  #heardAtMs = 0;
  #creating = false;
  /** Counts what was asked for; an answer to an earlier question is nobody's. */
  #attempt = 0;
  #closed = false;
  #missingSinceMs: number | undefined;
  #failure: Error | undefined;
  readonly #watch: NodeJS.Timeout;
  readonly #status: AsyncIterable<{ readonly type: string }> & { stop?: () => void };

  constructor(nc: NatsConnection, stream: string, fromSeq: number, onArrival: () => void, filterSubject?: string) {
    this.#nc = nc;
    this.#stream = stream;
    this.#nextSeq = Math.max(1, fromSeq);
    this.#onArrival = onArrival;
    this.#filterSubject = filterSubject;
    this.#watch = setInterval(() => this.#check(), heartbeatMs / 2);
    this.#status = nc.status();
    this.#followStatus().catch(() => {});
    this.#recreate();
  }

  /** What has arrived since the last call, in order; asks for more. Throws LogUnavailable once reading is hopeless. */
  take(): StreamMessage[] {
    if (this.#failure) throw this.#failure;
    const taken = this.#buffer;
    this.#buffer = [];
    this.#pull();
    return taken;
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }
  get nextSeq(): number {
    return this.#nextSeq;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#watch);
    this.#status.stop?.();
    this.#forgetConsumer();
  }

  #forgetConsumer(): void {
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
    const name = this.#consumer;
    this.#consumer = undefined;
    this.#pullLeft = 0;
    // A consumer that cannot be deleted now ends by itself after `inactiveThresholdMs`.
    if (name !== undefined && !this.#nc.isClosed()) this.#jsm?.consumers.delete(this.#stream, name).catch(() => {});
  }

  #recreate(): void {
    if (this.#closed || this.#creating) return;
    this.#creating = true;
    this.#forgetConsumer();
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#create(attempt).catch((error: unknown) => { if (attempt === this.#attempt) this.#failedToCreate(attempt, error); });
  }

  async #create(attempt: number): Promise<void> {
    this.#jsm ??= await jetstreamManager(this.#nc, { checkAPI: false });
    const info = await this.#jsm.consumers.add(this.#stream, {
      deliver_policy: 'by_start_sequence', opt_start_seq: this.#nextSeq, ack_policy: 'none', max_deliver: 1,
      mem_storage: true, num_replicas: 1, inactive_threshold: inactiveThresholdMs * nanosPerMs,
      ...(this.#filterSubject !== undefined && { filter_subject: this.#filterSubject }),
    });
    if (attempt !== this.#attempt) return void this.#jsm.consumers.delete(this.#stream, info.name).catch(() => {});
    this.#missingSinceMs = undefined;
    this.#deliverySeq = 0;
    this.#consumer = info.name;
    const inbox = createInbox();
    this.#subscription = this.#nc.subscribe(inbox, {
      callback: (error, message) => {
        if (error) this.#recreate();
        else this.#arrive(inbox, message);
      },
    });
    this.#creating = false;
    if (this.#closed) this.#forgetConsumer();
    else this.#pull();
  }

  #failedToCreate(attempt: number, error: unknown): void {
    this.#creating = false;
    if (this.#nc.isClosed()) return this.#fail('the connection is closed', error);
    if (error instanceof JetStreamApiError && error.code === streamNotFoundCode) {
      this.#missingSinceMs ??= performance.now();
      if (performance.now() - this.#missingSinceMs > missingStreamMsMax) return this.#fail(`there is no stream ${this.#stream}`, error);
    }
    setTimeout(() => { if (attempt === this.#attempt) this.#recreate(); }, createRetryMs);
  }

  #fail(reason: string, cause: unknown): void {
    this.#failure = new LogUnavailable(reason, { cause });
    this.close();
    this.#onArrival();
  }

  #pull(): void {
    if (this.#closed || this.#consumer === undefined || this.#pullLeft > 0 || this.#buffer.length > 0 || this.#nc.isClosed()) return;
    this.#pullLeft = pullMessagesMax;
    this.#heardAtMs = performance.now();
    const request = { batch: pullMessagesMax, max_bytes: pullBytesMax, expires: pullExpiresMs * nanosPerMs, idle_heartbeat: heartbeatMs * nanosPerMs };
    this.#nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${this.#stream}.${this.#consumer}`, JSON.stringify(request), { reply: this.#subscription?.getSubject() ?? '' });
  }

  #arrive(inbox: string, message: Msg): void {
    if (this.#closed) return;
    this.#heardAtMs = performance.now();
    if (message.subject === inbox) return this.#hear(message);
    const place = placeOf(message.reply ?? '');
    if (place.deliverySeq !== this.#deliverySeq + 1) return this.#recreate();
    this.#deliverySeq = place.deliverySeq;
    this.#nextSeq = place.seq + 1;
    this.#pullLeft -= 1;
    this.#buffer.push({ seq: place.seq, subject: message.subject, bytes: message.data, headers: message.headers, storedAtMs: place.storedAtMs });
    if (this.#buffer.length === 1) this.#onArrival();
  }

  /** Status messages: 100 heartbeat, 408 the pull expired, 409 the pull ended or the consumer did, 503 nobody is there. */
  #hear(message: Msg): void {
    const code = message.headers?.code ?? 0;
    if (code === 100) return;
    this.#pullLeft = 0;
    const description = message.headers?.description ?? '';
    if (code === 503 || (code === 409 && !/max_?bytes|batch completed/i.test(description))) return this.#recreate();
    this.#pull();
  }

  #check(): void {
    if (this.#nc.isClosed()) return this.#fail('the connection is closed', undefined);
    if (this.#pullLeft > 0 && performance.now() - this.#heardAtMs > stallMsMax) this.#recreate();
  }

  async #followStatus(): Promise<void> {
    for await (const { type } of this.#status) {
      if (this.#closed) return;
      if (type !== 'reconnect') continue;
      // What was asked of the server before may never be answered: the client waits 5 s for it.
      this.#creating = false;
      this.#recreate();
    }
  }
}

type Place = { readonly seq: number; readonly deliverySeq: number; readonly storedAtMs: number };

/** `$JS.ACK.<stream>.<consumer>.<delivered>.<seq>.<delivery seq>.<nanos>.<pending>`, or with domain and account before the stream. */
function placeOf(reply: string): Place {
  const tokens = reply.split('.');
  const shift = tokens.length > 9 ? 2 : 0;
  return { seq: Number(tokens[5 + shift]), deliverySeq: Number(tokens[6 + shift]), storedAtMs: Math.floor(Number(tokens[7 + shift]) / nanosPerMs) };
}
