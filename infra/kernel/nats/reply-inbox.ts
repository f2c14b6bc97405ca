import { createInbox, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';

const sweepEveryMs = 100;

type Waiting = { readonly resolve: (answer: Msg | undefined) => void; readonly expiresMs: number; readonly subject: string };

/**
 * Publishes with an answer expected, through one subscription and one clock for all. The client's own request makes
 * a timer and an error with its stack for every request, answered or not, which costs more than what it asks for.
 */
export class ReplyInbox {
  readonly #nc: NatsConnection;
  readonly #prefix = `${createInbox()}.`;
  readonly #waiting = new Map<string, Waiting>();
  #sent = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(nc: NatsConnection) {
    this.#nc = nc;
  }

  /**
   * Answers to what is under way on these subjects will not come: whoever waits is told now that none came, instead of
   * when their time is over. What was sent may have been heard all the same.
   */
  giveUp(isLost: (subject: string) => boolean): void {
    for (const [token, { subject }] of this.#waiting) if (isLost(subject)) this.#settle(token, undefined);
  }

  /** With the first question: a connection that is closed cannot be listened on, and need not be. */
  #listen(): void {
    const nc = this.#nc;
    nc.subscribe(`${this.#prefix}*`, {
      callback: (error, message) => {
        if (!error) this.#settle(message.subject.slice(this.#prefix.length), message);
      },
    });
    const end = (): void => {
      for (const token of this.#waiting.keys()) this.#settle(token, undefined);
    };
    nc.closed().then(end, end);
    this.#followConnection().catch(() => {});
  }

  /**
   * Sends, and resolves with the answer, or undefined if none came within `timeoutMs` (to a tenth of a second) or the
   * connection was closed. An answer without data and with the code 503 is the server's: nobody listens.
   * Throws at once if it cannot even be sent.
   */
  publish(subject: string, payload: Uint8Array | string, timeoutMs: number, headers?: MsgHdrs): Promise<Msg | undefined> {
    if (this.#sent === 0) this.#listen();
    this.#sent += 1;
    const token = this.#sent.toString(36);
    this.#nc.publish(subject, payload, { reply: this.#prefix + token, ...(headers && { headers }) });
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepEveryMs);
    return new Promise((resolve) => {
      this.#waiting.set(token, { resolve, expiresMs: performance.now() + timeoutMs, subject });
    });
  }

  /** Answers come on the connection that was asked on: what it had not brought when it was lost, none will bring. */
  async #followConnection(): Promise<void> {
    let asked: ReadonlySet<string> = new Set();
    for await (const { type } of this.#nc.status()) {
      if (type === 'disconnect') asked = new Set(this.#waiting.keys());
      if (type !== 'reconnect') continue;
      for (const token of asked) this.#settle(token, undefined);
      asked = new Set();
    }
  }

  #settle(token: string, answer: Msg | undefined): void {
    const waiting = this.#waiting.get(token);
    if (!waiting) return;
    this.#waiting.delete(token);
    waiting.resolve(answer);
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const [token, { expiresMs }] of this.#waiting) if (expiresMs <= nowMs) this.#settle(token, undefined);
    if (this.#waiting.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

/** The server's word that nobody listens on the subject. */
export const isNobody = ({ data, headers }: Msg): boolean => data.length === 0 && headers?.code === 503;
