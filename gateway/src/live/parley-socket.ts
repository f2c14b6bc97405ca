import type { Duplex } from 'node:stream';
import { closeCodes, type CloseCode } from '@parley/contracts/realtime/close-codes';
import { socketQueueBytesMax } from '@parley/contracts/realtime/limits';
import WebSocket from 'ws';
import { Connection } from './connection.ts';

/** A ws socket that knows its connection, so that handlers are shared by all sockets instead of made for each. */
export class ParleySocket extends WebSocket {
  connection: SocketConnection | undefined = undefined;
}

/** Frames that wait because their sender is over a limit: more than this is a flood. */
export const backlogMax = 4_096;

/**
 * One WebSocket. Frames that go to many are written to the network socket itself, already framed: ws writes whole
 * frames and, with compression off, keeps nothing between two writes, so ours fit in between (a spec holds ws to it).
 */
export class SocketConnection extends Connection {
  readonly format = 'ws';
  readonly socket: ParleySocket;
  readonly #network: Duplex;
  /** When it connected, and whether it answered since the last ping; performance.now(). */
  readonly openedAtMs: number;
  answered = true;
  isGreeted = false;
  inFlight = 0;
  backlog: Buffer[] | undefined = undefined;
  retryTimer: NodeJS.Timeout | undefined = undefined;
  /** Place in the heartbeat's wheel. */
  slot = -1;
  readonly address: string;

  constructor(socket: ParleySocket, network: Duplex, address: string) {
    super();
    this.socket = socket;
    this.#network = network;
    this.address = address;
    this.openedAtMs = performance.now();
  }

  queuedBytes(): number {
    return this.#network.writableLength;
  }

  drained(msMax: number): Promise<boolean> {
    const network = this.#network;
    if (network.writableLength === 0) return Promise.resolve(!this.isClosed);
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        network.off('drain', end);
        network.off('close', end);
        resolve(!this.isClosed && !network.destroyed && network.writableLength === 0);
      };
      const timer = setTimeout(end, msMax);
      network.on('drain', end);
      network.on('close', end);
    });
  }

  override write(bytes: Buffer): void {
    if (this.isClosed) return;
    const network = this.#network;
    if (network.writableLength > socketQueueBytesMax) this.close(closeCodes.slowReader, 'reads too slowly');
    else if (this.socket.readyState === WebSocket.OPEN) this.put(bytes);
  }

  protected put(bytes: Buffer): void {
    this.#network.write(bytes);
  }

  protected end(code: CloseCode, reason: string): void {
    clearTimeout(this.retryTimer);
    this.backlog = undefined;
    // ws ends the connection itself when the peer does not answer within its closeTimeout.
    this.socket.resume();
    this.socket.close(code, reason);
  }
}
