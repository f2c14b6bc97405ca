import type { ServerResponse } from 'node:http';
import { closeCodes, type CloseCode } from '@parley/contracts/realtime/close-codes';
import { Connection } from './connection.ts';
import { encodeFrame } from './wire-format.ts';

const reconnectAfterMs = 500;

/** One reader of server-sent events: the same frames, one way. */
export class StreamConnection extends Connection {
  readonly format = 'sse';
  readonly #response: ServerResponse;
  readonly address: string;
  slot = -1;

  constructor(response: ServerResponse, address: string) {
    super();
    this.address = address;
    this.#response = response;
  }

  queuedBytes(): number {
    return this.#response.writableLength;
  }

  drained(msMax: number): Promise<boolean> {
    const response = this.#response;
    if (response.writableLength === 0) return Promise.resolve(!this.isClosed);
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        response.off('drain', end);
        response.off('close', end);
        resolve(!this.isClosed && !response.destroyed);
      };
      const timer = setTimeout(end, msMax);
      response.on('drain', end);
      response.on('close', end);
    });
  }

  /** A comment keeps proxies awake, an id alone moves the reader's cursor. */
  beat(cursor: string | undefined): void {
    this.write(Buffer.from(cursor === undefined ? ': \n\n' : `: \nid: ${cursor}\n\n`, 'latin1'));
  }

  protected put(bytes: Buffer): void {
    if (!this.#response.destroyed && !this.#response.writableEnded) this.#response.write(bytes);
  }

  protected end(code: CloseCode, reason: string): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    if (code === closeCodes.slowReader) {
      // It does not read: what it was sent is in its cursor, the rest it resumes.
      this.#response.destroy();
      return;
    }
    this.#response.write(encodeFrame('sse', { type: 'goaway', afterMs: reconnectAfterMs, reason: `${code} ${reason}` }));
    this.#response.end();
  }
}
