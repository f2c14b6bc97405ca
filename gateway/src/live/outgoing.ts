import type { Entry } from './entry.ts';
import { serverSentEvent, textFrame, type WireFormat } from './wire-format.ts';

/**
 * One frame with a cursor, built once per format and written to everybody it concerns. `order` is the hub's own count:
 * a socket must get frames in this order, or a cursor would claim what was not yet sent.
 */
export class Outgoing {
  readonly order: number;
  readonly token: string;
  readonly storedAtMs: number;
  /** Absent for frames that are no commit. */
  readonly entry: Entry | undefined;
  readonly #body: Buffer;
  #ws: Buffer | undefined = undefined;
  #sse: Buffer | undefined = undefined;

  /** `body` is the frame's JSON without its last field, the cursor, and without the closing brace. */
  constructor(order: number, token: string, body: Buffer, storedAtMs: number, entry?: Entry) {
    this.order = order;
    this.token = token;
    this.#body = body;
    this.storedAtMs = storedAtMs;
    this.entry = entry;
  }

  get bytes(): number {
    return this.#body.byteLength + this.token.length + 16;
  }

  wire(format: WireFormat): Buffer {
    if (format === 'ws') return (this.#ws ??= textFrame(this.#body, cursorField(this.token)));
    return (this.#sse ??= serverSentEvent(this.token, this.#body, cursorField(this.token)));
  }

  /** The same frame as its entry is now: words may have been redacted since this was built. */
  current(): Outgoing {
    const body = this.entry?.body;
    return body === undefined || body === this.#body ? this : new Outgoing(this.order, this.token, body, this.storedAtMs, this.entry);
  }
}

export const cursorField = (token: string): Buffer => Buffer.from(`,"cursor":"${token}"}`, 'latin1');
/** JSON of a frame up to where its cursor goes. */
export const openBody = (frame: object): Buffer => Buffer.from(JSON.stringify(frame).slice(0, -1), 'utf8');
